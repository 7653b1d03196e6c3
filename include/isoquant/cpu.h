// Public layer: what the running CPU has.
#ifndef ISOQUANT_CPU_H_
#define ISOQUANT_CPU_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoquant/api.h"
#include "isoquant/tiers.h"  // for programs that include this header alone

namespace isoquant {

// Raw words of features, read once. They are finer than Highway's targets: each instruction's policy tests the very bit
// of its instruction. So a new instruction needs no change here.
struct Cpu {
  char brand[64] = {};                                   // "AMD EPYC 9R14", or empty where the CPU does not tell
  uint32_t leaf1_ecx = 0, leaf1_edx = 0;                 // x86: CPUID(1)
  uint32_t leaf7_ebx = 0, leaf7_ecx = 0, leaf7_edx = 0;  // CPUID(7,0)
  uint32_t leaf7_1_eax = 0, leaf7_1_edx = 0;             // CPUID(7,1)
  size_t l2_bytes = 1024 * 1024;  // of one core's second-level cache; 1 MiB where the system does not tell
  uint64_t xcr0 = 0;              // x86: register state that the OS saves; 0 without OSXSAVE
  // Arm: AT_HWCAP and AT_HWCAP2, their bits as Linux numbers them; on other systems, only the bits that matter here
  uint64_t hwcap = 0, hwcap2 = 0;
  size_t sve_bytes = 0;    // Arm: length of an SVE vector; 0 without SVE, or where the system does not tell
  uint32_t leaf0_ebx = 0;  // x86: CPUID(0), the first four letters of the vendor
};

// Detects on the first call; thread-safe.
ISOQUANT_API const Cpu& DetectCpu();

// Names of the features in `cpu` that matter to this library ("avx2", "asimddp", ...), in order of age.
ISOQUANT_API std::vector<std::string> FeatureNames(const Cpu& cpu);

}  // namespace isoquant

#endif  // ISOQUANT_CPU_H_
