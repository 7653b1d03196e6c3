// Functions: sigmoid, tanh and SiLU of vectors of f32.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_SIGMOID_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_SIGMOID_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_SIGMOID_INL_H_
#endif

#include "hwy/highway.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/isa/scale-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE VF32 MinusMagnitude(VF32 x) { return hn::Or(x, hn::Set(DF32(), -0.0f)); }

// 1 / (1 + exp(-x)), in [0, 1]: with e = exp(-|x|) as Exp computes it, q = e / (1 + e); x < 0 ? q : 1 - q. So nothing
// cancels, and results below 2^-126 are as exact as exp's.
HWY_INLINE VF32 Sigmoid(VF32 x) {
  const DF32 d;
  const VF32 one = hn::Set(d, 1.0f);
  const VF32 h = AtLeast(d, MinusMagnitude(x), -104.0f);
  const VF32 t = Fused(h, kLog2E, kScaleBias);
  const VF32 n = hn::Sub(t, hn::Set(d, kScaleBias));
  const VF32 r = Fused(n, -kLn2Rest, Fused(n, -kLn2, h));
  const VF32 e = ScaleByPower(d, ExpReduced<1>(r), n, t);
  const VF32 q = hn::Div(e, hn::Add(one, e));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), q, hn::Sub(one, q));
}

// tanh(x), in [-1, 1], with the sign of x: -m / (1 + m) with m = expm1(-2|x|) / 2 and 2r the rest of -2|x| mod ln(2):
//   m = 2^n * (expm1(2r) / 2) + (2^n - 1) / 2, without cancellation.
HWY_INLINE VF32 Tanh(VF32 x) {
  const DF32 d;
  constexpr float kBias = kToInteger + 127.0f;
  const VF32 h = AtLeast(d, MinusMagnitude(x), -9.5f);  // from 9.02 on it is 1
  const VF32 t = Fused(h, 2.0f * kLog2E, kBias);
  const VF32 n = hn::Sub(t, hn::Set(d, kBias));
  const VF32 power = PowerOfTwo(d, t);
  const VF32 r = Fused(n, -0.5f * kLn2Rest, Fused(n, -0.5f * kLn2, h));
  // expm1(2r) / 2 = r + r^2 p(r), |r| <= ln(2) / 4, relative error below 2^-26.
  VF32 p = Fused(r, 32.0f * 0x1.6bec8ep-10f, 16.0f * 0x1.12266ep-7f);
  p = Fused(p, r, 8.0f * 0x1.555670p-5f);
  p = Fused(p, r, 4.0f * 0x1.5554b2p-3f);
  p = Fused(p, r, 2.0f * 0x1.fffffep-2f);
  const VF32 expm1 = Fused(hn::Mul(p, r), r, r);
  const VF32 m = Fused(power, expm1, Fused(power, 0.5f, -0.5f));
  return hn::CopySign(hn::Div(m, hn::Add(m, hn::Set(d, 1.0f))), x);
}

// x / (1 + exp(-x)), 0 with the sign of x at 0 and at -infinity. exp(-x) times 2^-32 does not overflow before the
// quotient underflows, and the quotient is scaled back, which rounds once. x from 30 on is its own result.
HWY_INLINE VF32 Silu(VF32 x_in) {
  const DF32 d;
  constexpr float kBias = kToInteger + 127.0f - 32.0f, kLargest = 30.0f;
  const VF32 x = AtLeast(d, x_in, -109.0f);  // beyond it the result is less than half of the least number
  const VF32 limited = AtMost(d, x, kLargest);
  const VF32 t = Fused(limited, -kLog2E, kBias);
  const VF32 n = hn::Sub(t, hn::Set(d, kBias));
  const VF32 r = Fused(n, kLn2Rest, Fused(n, kLn2, limited));
  const VF32 divisor = Fused(ExpReduced<-1>(r), PowerOfTwo(d, t), 0x1p-32f);
  const VF32 y = hn::Mul(hn::Div(x, divisor), hn::Set(d, 0x1p-32f));
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, kLargest)), x, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
