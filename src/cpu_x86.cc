// Support: features of x86 CPUs.
#include "hwy/base.h"
#include "src/features.h"

#if HWY_ARCH_X86
#include <cstdio>
#include <cstring>
#if HWY_COMPILER_MSVC
#include <intrin.h>
#else
#include <cpuid.h>
#endif

namespace isoquant {
namespace {

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

}  // namespace

void ReadFeatures(Cpu& cpu) {
  const Registers leaf0 = Cpuid(0, 0);
  const uint32_t max_leaf = leaf0.eax;
  cpu.leaf0_ebx = leaf0.ebx;
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
}

}  // namespace isoquant

#endif  // x86
