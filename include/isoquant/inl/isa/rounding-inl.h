// ISA layer: a product that no compiler may fuse into a following addition.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_ROUNDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#undef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#else
#define ISOQUANT_INL_ISA_ROUNDING_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// a * b, rounded to f32. g++ contracts intrinsics by default (-ffp-contract=fast), other compilers if told to, and a
// flag of ours would be lost on those who include the templates: an empty asm between product and sum holds everywhere.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V RoundedMul(D, V a, V b) {
  V product = hn::Mul(a, b);
#if HWY_COMPILER_MSVC && !HWY_COMPILER_CLANG
  // /fp:precise does not contract intrinsics.
#elif HWY_TARGET == HWY_EMU128
  __asm__("" : "+m"(product.raw));
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  __asm__("" : "+v"(product.raw));
#elif HWY_ARCH_X86
  __asm__("" : "+x"(product.raw));
#elif HWY_ARCH_ARM_A64 && (HWY_TARGET & HWY_ALL_SVE)
  __asm__("" : "+w"(product));
#elif HWY_ARCH_ARM_A64
  __asm__("" : "+w"(product.raw));
#elif HWY_ARCH_RISCV
  __asm__("" : "+vr"(product));
#else
  __asm__("" : "+m"(product));
#endif
  return product;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
