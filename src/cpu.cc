// Support: CPU features, read once.
#include "isoquant/cpu.h"

#include <cstdio>
#include <cstring>

#include "hwy/base.h"
#include "src/detection.h"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#if HWY_ARCH_ARM_A64 && defined(__linux__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if HWY_ARCH_X86
#if HWY_COMPILER_MSVC
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace isoquant {
namespace {

#if HWY_ARCH_X86
struct Registers {
  uint32_t eax, ebx, ecx, edx;
};

Registers Cpuid(uint32_t leaf, uint32_t subleaf) {
#if HWY_COMPILER_MSVC
  int r[4];
  __cpuidex(r, static_cast<int>(leaf), static_cast<int>(subleaf));
  return {static_cast<uint32_t>(r[0]), static_cast<uint32_t>(r[1]), static_cast<uint32_t>(r[2]),
          static_cast<uint32_t>(r[3])};
#else
  Registers r;
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
  return r;
#endif
}

uint64_t ReadXcr0() {
#if HWY_COMPILER_MSVC
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile(".byte 0x0f, 0x01, 0xd0" /* xgetbv */ : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
#endif
}

Cpu Detect() {
  Cpu cpu;
  const uint32_t max_leaf = Cpuid(0, 0).eax;
  const Registers leaf1 = Cpuid(1, 0);
  cpu.leaf1_ecx = leaf1.ecx;
  cpu.leaf1_edx = leaf1.edx;
  if (max_leaf >= 7) {
    const Registers leaf7 = Cpuid(7, 0);
    cpu.leaf7_ebx = leaf7.ebx;
    cpu.leaf7_ecx = leaf7.ecx;
    cpu.leaf7_edx = leaf7.edx;
    if (leaf7.eax >= 1) {
      const Registers leaf7_1 = Cpuid(7, 1);
      cpu.leaf7_1_eax = leaf7_1.eax;
      cpu.leaf7_1_edx = leaf7_1.edx;
    }
  }
  if ((leaf1.ecx >> 27 & 1) != 0) cpu.xcr0 = ReadXcr0();  // OSXSAVE
  if (Cpuid(0x80000000u, 0).eax >= 0x80000004u) {
    char brand[49] = {};
    for (uint32_t i = 0; i < 3; ++i) {
      const Registers r = Cpuid(0x80000002u + i, 0);
      std::memcpy(brand + 16 * i, &r, 16);
    }
    const char* begin = brand;
    while (*begin == ' ') ++begin;
    std::snprintf(cpu.brand, sizeof(cpu.brand), "%s", begin);
  }
  return cpu;
}

struct Feature {
  const char* name;
  uint32_t Cpu::*word;
  int bit;
};

constexpr Feature kFeatures[] = {
    {"sse2", &Cpu::leaf1_edx, 26},         {"sse4_1", &Cpu::leaf1_ecx, 19},    {"avx", &Cpu::leaf1_ecx, 28},
    {"fma", &Cpu::leaf1_ecx, 12},          {"avx2", &Cpu::leaf7_ebx, 5},       {"avx512f", &Cpu::leaf7_ebx, 16},
    {"avx512bw", &Cpu::leaf7_ebx, 30},     {"avx512vl", &Cpu::leaf7_ebx, 31},  {"avx512_vnni", &Cpu::leaf7_ecx, 11},
    {"avx512_bf16", &Cpu::leaf7_1_eax, 5}, {"avx_vnni", &Cpu::leaf7_1_eax, 4}, {"avx_vnni_int8", &Cpu::leaf7_1_edx, 4},
    {"amx_tile", &Cpu::leaf7_edx, 24},     {"amx_int8", &Cpu::leaf7_edx, 25},  {"amx_bf16", &Cpu::leaf7_edx, 22},
};
#else
struct Feature {
  const char* name;
  uint64_t Cpu::*word;
  int bit;
};

// Named as in Linux's /proc/cpuinfo.
constexpr Feature kFeatures[] = {
    {"asimd", &Cpu::hwcap, 1},  {"asimddp", &Cpu::hwcap, 20}, {"sve", &Cpu::hwcap, 22},     {"sve2", &Cpu::hwcap2, 1},
    {"i8mm", &Cpu::hwcap2, 13}, {"bf16", &Cpu::hwcap2, 14},   {"svei8mm", &Cpu::hwcap2, 9}, {"sme", &Cpu::hwcap2, 23},
};

#if HWY_ARCH_ARM_A64 && defined(__linux__)
Cpu Detect() {
  Cpu cpu;
  cpu.hwcap = getauxval(AT_HWCAP);
  cpu.hwcap2 = getauxval(AT_HWCAP2);
  if ((cpu.hwcap >> 22 & 1) != 0) {
    const int length = prctl(51 /* PR_SVE_GET_VL */);
    if (length > 0) cpu.sve_bytes = static_cast<size_t>(length & 0xffff);
  }
  return cpu;
}
#elif HWY_ARCH_ARM_A64 && defined(__APPLE__)
bool Has(const char* feature) {
  int value = 0;
  size_t size = sizeof(value);
  return sysctlbyname(feature, &value, &size, nullptr, 0) == 0 && value != 0;
}

Cpu Detect() {
  Cpu cpu;
  cpu.hwcap = 1 << 1 | (Has("hw.optional.arm.FEAT_DotProd") ? 1 << 20 : 0);
  cpu.hwcap2 = (Has("hw.optional.arm.FEAT_I8MM") ? 1 << 13 : 0) | (Has("hw.optional.arm.FEAT_BF16") ? 1 << 14 : 0);
  size_t size = sizeof(cpu.brand) - 1;
  if (sysctlbyname("machdep.cpu.brand_string", cpu.brand, &size, nullptr, 0) != 0) cpu.brand[0] = '\0';
  return cpu;
}
#else
Cpu Detect() { return Cpu(); }
#endif
#endif

size_t DetectL2Bytes(size_t fallback) {
#ifdef _SC_LEVEL2_CACHE_SIZE
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);  // NOLINT(runtime/int): its type
  if (bytes >= 64 * 1024) return static_cast<size_t>(bytes);
#endif
  return fallback;
}

}  // namespace

const Cpu& DetectCpu() {
  if (const Detection* detection = OverriddenDetection()) return detection->cpu;
  static const Cpu cpu = [] {
    Cpu detected = Detect();
    detected.l2_bytes = DetectL2Bytes(detected.l2_bytes);
    return detected;
  }();
  return cpu;
}

std::vector<std::string> FeatureNames(const Cpu& cpu) {
  std::vector<std::string> names;
  for (const Feature& feature : kFeatures) {
    if ((cpu.*feature.word >> feature.bit & 1) != 0) names.emplace_back(feature.name);
  }
  return names;
}

}  // namespace isoquant
