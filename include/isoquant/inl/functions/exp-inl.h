// Functions: exp of vectors of f32, and its parts, of which the other functions are made.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_EXP_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_EXP_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_EXP_INL_H_
#endif

#include "hwy/highway.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/isa/scale-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// A call, because the emulation is long.
template <class D, class V = hn::Vec<D>>
HWY_NOINLINE V CallFusedMulAdd(D d, V a, V b, V c) {
  return EmulatedFusedMulAdd(d, a, b, c);
}

// a * b + c, rounded once.
HWY_INLINE VF32 Fused(VF32 a, VF32 b, VF32 c) {
  if constexpr (kHasFusedMulAdd) return FusedMulAdd(DF32(), a, b, c);
  return CallFusedMulAdd(DF32(), a, b, c);
}
// a * b - c.
HWY_INLINE VF32 FusedSub(VF32 a, VF32 b, VF32 c) {
  if constexpr (kHasFusedMulAdd) return hn::MulSub(a, b, c);
  return CallFusedMulAdd(DF32(), a, b, hn::Neg(c));
}
HWY_INLINE VF32 Fused(VF32 a, float b, VF32 c) { return Fused(a, hn::Set(DF32(), b), c); }
HWY_INLINE VF32 Fused(VF32 a, VF32 b, float c) { return Fused(a, b, hn::Set(DF32(), c)); }
HWY_INLINE VF32 Fused(VF32 a, float b, float c) { return Fused(a, hn::Set(DF32(), b), hn::Set(DF32(), c)); }

// log2(e), and ln(2) in two parts.
constexpr float kLog2E = 0x1.715476p+0f, kLn2 = 0x1.62e430p-1f, kLn2Rest = -0x1.05c610p-29f;

// (exp(kSign * r) - 1) / r, |r| <= ln(2) / 2: by Remez' algorithm, with a relative error of exp below 2^-28 but for
// rounding, the first coefficient being kSign. The bits for -r are those of the other sign for r, but for the sign.
template <int kSign>
HWY_INLINE VF32 ExpSlope(VF32 r) {
  VF32 p = Fused(r, 0x1.6a246cp-10f, kSign * 0x1.1239d4p-7f);
  p = Fused(p, r, 0x1.5558f0p-5f);
  p = Fused(p, r, kSign * 0x1.555492p-3f);
  p = Fused(p, r, 0x1.fffffcp-2f);
  return Fused(p, r, kSign * 1.0f);
}

// exp(kSign * r).
template <int kSign>
HWY_INLINE VF32 ExpReduced(VF32 r) {
  return Fused(ExpSlope<kSign>(r), r, 1.0f);
}

// exp(x), 0.5 to 1 units from the true value. Of NaN a NaN; of -infinity 0, of infinity and from 88.72284 on infinity.
//   t = clamp(x, -104, 89) * log2(e) + (1.5 * 2^23 + 254); n = t - (1.5 * 2^23 + 254), an integer   (the product fused)
//   r = (x - n * ln(2)) - n * the rest of ln(2): the first step is exact                            (fused)
//   exp(r) * 2^n, rounded once
// W. J. Cody, W. Waite: Software Manual for the Elementary Functions, 1980, chapter 6.
//
// The first two lines: returns r.
HWY_INLINE VF32 ReduceForExp(VF32 x_in, VF32& n, VF32& t) {
  const DF32 d;
  const VF32 x = AtLeast(d, x_in, -104.0f);
  t = Fused(x, kLog2E, kScaleBias);
  n = hn::Sub(t, hn::Set(d, kScaleBias));
  return Fused(n, -kLn2Rest, Fused(n, -kLn2, x));
}
// The last.
HWY_INLINE VF32 FinishExp(VF32 r, VF32 n, VF32 t) { return ScaleByPower(DF32(), ExpReduced<1>(r), n, t); }

HWY_INLINE VF32 ExpAtMost89(VF32 x) {
  VF32 n, t;
  const VF32 r = ReduceForExp(x, n, t);
  return FinishExp(r, n, t);
}
HWY_INLINE VF32 Exp(VF32 x) { return ExpAtMost89(AtMost(DF32(), x, 89.0f)); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
