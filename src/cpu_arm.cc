// Support: features of Arm CPUs. (Of others nothing is read.)
#include "hwy/base.h"
#include "src/features.h"

#if !HWY_ARCH_X86
#if HWY_ARCH_ARM_A64 && defined(__linux__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace isoquant {
namespace {

#if HWY_ARCH_ARM_A64 && defined(__APPLE__)
bool Has(const char* feature) {
  int value = 0;
  size_t size = sizeof(value);
  return sysctlbyname(feature, &value, &size, nullptr, 0) == 0 && value != 0;
}
#endif

}  // namespace

void ReadFeatures(Cpu& cpu) {
#if HWY_ARCH_ARM_A64 && defined(__linux__)
  cpu.hwcap = getauxval(AT_HWCAP);
  cpu.hwcap2 = getauxval(AT_HWCAP2);
  if ((cpu.hwcap >> 22 & 1) == 0) return;
  const int length = prctl(51 /* PR_SVE_GET_VL */);
  if (length > 0) cpu.sve_bytes = static_cast<size_t>(length & 0xffff);
#elif HWY_ARCH_ARM_A64 && defined(__APPLE__)
  // As Linux numbers the bits.
  cpu.hwcap = 1 << 1 | (Has("hw.optional.arm.FEAT_DotProd") ? 1 << 20 : 0);
  cpu.hwcap2 = (Has("hw.optional.arm.FEAT_I8MM") ? 1 << 13 : 0) | (Has("hw.optional.arm.FEAT_BF16") ? 1 << 14 : 0);
  size_t size = sizeof(cpu.brand) - 1;
  if (sysctlbyname("machdep.cpu.brand_string", cpu.brand, &size, nullptr, 0) != 0) cpu.brand[0] = '\0';
#else
  (void)cpu;
#endif
}

}  // namespace isoquant

#endif  // not x86
