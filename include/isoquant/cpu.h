// Public layer: what the running CPU has, and which tiers this library has for it.
#ifndef ISOQUANT_CPU_H_
#define ISOQUANT_CPU_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoquant/api.h"

namespace isoquant {

// Raw feature words, read once. Finer than Highway's targets: a policy tests the very bit of its instruction, so a new
// instruction needs no change here.
struct Cpu {
  char brand[64] = {};                                   // "AMD EPYC 9R14", or empty where the CPU does not tell
  uint32_t leaf1_ecx = 0, leaf1_edx = 0;                 // x86: CPUID(1)
  uint32_t leaf7_ebx = 0, leaf7_ecx = 0, leaf7_edx = 0;  // CPUID(7,0)
  uint32_t leaf7_1_eax = 0, leaf7_1_edx = 0;             // CPUID(7,1)
  size_t l2_bytes = 1024 * 1024;  // one core's second-level cache; this default where the system does not tell
  uint64_t xcr0 = 0;              // x86: register state that the OS saves; 0 without OSXSAVE
  // Arm: AT_HWCAP and AT_HWCAP2 as Linux numbers their bits; on other systems, those of them that matter here
  uint64_t hwcap = 0, hwcap2 = 0;
  size_t sve_bytes = 0;  // Arm: of an SVE vector; 0 without SVE, or where the system does not tell
};

// Detects on the first call; thread-safe.
ISOQUANT_API const Cpu& DetectCpu();

// Names of the features in `cpu` that matter to this library ("avx2", "asimddp", ...), in order of age.
ISOQUANT_API std::vector<std::string> FeatureNames(const Cpu& cpu);

// A tier is an instruction under a Highway target: "avx512_vnni" is VPDPBUSD on 512-bit vectors, "avx2" is VPMADDWD on
// 256-bit ones. All tiers give the same bits.
struct TierReport {
  std::string name;
  std::string target;  // Highway's name of the target under which it was compiled: "AVX3"
  bool usable = false;
  std::string reason;  // why it is not usable; empty if it is
  std::string shapes;  // "from 5 rows on": others run on the next tier that is usable; or empty: all
};

// Highway targets that this library was compiled for, best first, and whether the CPU supports each.
struct TargetReport {
  std::string name;
  bool supported = false;
};
ISOQUANT_API std::vector<TargetReport> CompiledTargets();

}  // namespace isoquant

#endif  // ISOQUANT_CPU_H_
