// Utilities: IEEE-754 defaults for the duration of a call, whatever the caller has set.
#ifndef ISOQUANT_INL_UTIL_FLOAT_ENVIRONMENT_H_
#define ISOQUANT_INL_UTIL_FLOAT_ENVIRONMENT_H_

#include <cstdint>

#include "hwy/base.h"
#include "isoquant/inl/util/ieee754.h"

#if HWY_ARCH_X86
#include <xmmintrin.h>
#elif !HWY_ARCH_ARM_A64
#include <cfenv>
#endif

namespace isoquant {

// While it lives: rounding to nearest even, no flush-to-zero, no denormals-are-zero, exceptions masked. Afterwards the
// caller's settings are restored, and the sticky flags of exceptions are exactly as they were: what ran has neither
// raised nor lost one.
//
// What runs under it must be a call that is not inlined, because compilers move arithmetic across these accesses.
//
// The register is written only if it differs, because LDMXCSR costs more than the test. (Rejected: fesetenv, which
// would also reload the x87 state.)
class ScopedFloatEnvironment {
 public:
  ScopedFloatEnvironment() {
#if HWY_ARCH_X86
    saved_ = _mm_getcsr();
    if ((saved_ & ~kFlags) != kDefault) _mm_setcsr(kDefault);
#elif HWY_ARCH_ARM_A64
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_)::"memory");
    __asm__ volatile("mrs %0, fpsr" : "=r"(saved_flags_)::"memory");
    if (saved_ != 0) __asm__ volatile("msr fpcr, %0" ::"r"(uint64_t{0}) : "memory");
#else
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
#endif
  }
  ~ScopedFloatEnvironment() {
#if HWY_ARCH_X86
    _mm_setcsr(
        saved_);  // Without a look at the flags: STMXCSR waits for all arithmetic before it. (Zen 5: 3 ns a call.)
#elif HWY_ARCH_ARM_A64
    uint64_t flags;
    __asm__ volatile("mrs %0, fpsr" : "=r"(flags)::"memory");
    if (flags != saved_flags_) __asm__ volatile("msr fpsr, %0" ::"r"(saved_flags_) : "memory");
    if (saved_ != 0) __asm__ volatile("msr fpcr, %0" ::"r"(saved_) : "memory");
#else
    std::fesetenv(&saved_);
#endif
  }
  ScopedFloatEnvironment(const ScopedFloatEnvironment&) = delete;
  ScopedFloatEnvironment& operator=(const ScopedFloatEnvironment&) = delete;

 private:
#if HWY_ARCH_X86
  static constexpr uint32_t kFlags = 0x3f;  // sticky, not settings
  static constexpr uint32_t kDefault = 0x1f80;
  uint32_t saved_;
#elif HWY_ARCH_ARM_A64
  uint64_t saved_, saved_flags_;
#else
  std::fenv_t saved_;
#endif
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_UTIL_FLOAT_ENVIRONMENT_H_
