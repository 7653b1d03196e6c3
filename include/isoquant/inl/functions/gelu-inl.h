// Functions: both forms of GELU of vectors of f32.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_GELU_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_GELU_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_GELU_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_GELU_INL_H_
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

// x / 2 * (1 + erf(x / sqrt(2))) = max(x, 0) - m, with m = t * exp(-t^2 / 2) * g(t), t = |x|, and
// g(t) = exp(t^2 / 2) * erfc(t / sqrt(2)) / 2. So results on both sides come from numbers below 0.17, and nothing
// cancels where x < 0. g is a quotient of polynomials with positive coefficients, by Remez' algorithm, for t up
// to 14.6, relative error below 2^-26.7 but for rounding. t^2 / 2 has two parts, because its error is one of the
// exponent. m is kept times 2^32 until the last step, which rounds once.
//
// 22 operations are for the two units of products, and one is the division. What could be a product and is none - half
// of t, twice h, the power of two - leaves those units alone where there are others for sums and exponents. (Zen 5: 13
// cycles a vector in place of 14.5. Those 23 take 11.5, and the store nearly one: it reads registers where products of
// three operands do.)
HWY_INLINE VF32 Gelu(VF32 x) {
  const DF32 d;
  constexpr float kBias = kToInteger + 127.0f + 32.0f;
  const VF32 t = AtMost(d, hn::Abs(x), 14.5f);  // beyond it m is less than half of the least number
  const VF32 half = Halve(d, t);
  const VF32 h = hn::Mul(t, half), h_rest = FusedSub(t, half, h);  // t^2 / 2
  const VF32 shifted = Fused(h, -kLog2E, kBias);
  const VF32 n = hn::Sub(shifted, hn::Set(d, kBias));
  const VF32 r = hn::Add(Fused(n, kLn2, h), Fused(n, kLn2Rest, h_rest));
  const VF32 expm1 = hn::Mul(ExpSlope<-1>(r), r);
  // Of both polynomials in t the even and odd parts are polynomials in h: few roundings follow one another, and that of
  // h matters little, because both have it.
  const VF32 p_odd = Fused(h, 0x1.4d4708p-4f, 0x1.c104dcp-2f);
  const VF32 p_even = Fused(h, 0x1.0e4106p-7f, 0x1.7791c8p-3f);        // without its first term, t / 2 in p
  const VF32 p = Fused(Fused(p_even, t, p_odd), hn::Add(h, h), half);  // t times the numerator
  const VF32 q_even = Fused(Fused(h, 0x1.a1ba3cp-2f, 0x1.33ffa0p+1f), h, 1.0f);
  const VF32 q_odd = Fused(Fused(h, 0x1.52b594p-5f, 0x1.e1239cp-1f), h, 0x1.acc49ep+0f);
  const VF32 q = Fused(q_odd, t, q_even);
  const VF32 m = hn::Div(TimesPowerOfTwo(d, Fused(p, expm1, p), shifted), q);
  return Fused(m, -0x1p-32f, Relu(d, x));
}

// x / 2 * (1 + tanh(u)) = x / (1 + exp(-z)), z = 2u = x * (k1 + k2 * x^2), k1 = 2 * sqrt(2 / pi), k2 = 0.044715 * k1.
// z has two parts, because its error is one of the exponent: the second gathers the exact errors of the square, of
// the sum, of the product, and of both constants. (k1 has 20 bits, so that the difference after the sum is exact.)
// exp(-z) and the quotient are scaled as in Silu. x from 6 on is its own result.
HWY_INLINE VF32 GeluTanh(VF32 x_in) {
  const DF32 d;
  constexpr float kK1 = 0x1.98846p+0f, kK1Rest = -0x1.985794p-21f, kK2 = 0x1.2444f2p-4f, kK2Rest = 0x1.49b16ap-29f;
  constexpr float kBias = kToInteger + 127.0f - 32.0f, kLargest = 6.0f;
  const VF32 x = AtLeast(d, x_in, -10.8f);  // beyond it the result is less than half of the least number
  const VF32 limited = AtMost(d, x, kLargest);
  const VF32 w = hn::Mul(limited, limited), w_rest = Fused(limited, limited, hn::Neg(w));
  const VF32 sum = Fused(w, kK2, kK1);
  const VF32 sum_rest = Fused(w, kK2, hn::Sub(hn::Set(d, kK1), sum));
  const VF32 constants = Fused(w_rest, kK2, Fused(w, kK2Rest, kK1Rest));
  const VF32 z = hn::Mul(limited, sum);
  const VF32 z_rest = Fused(limited, hn::Add(sum_rest, constants), Fused(limited, sum, hn::Neg(z)));
  const VF32 shifted = Fused(z, -kLog2E, kBias);
  const VF32 n = hn::Sub(shifted, hn::Set(d, kBias));
  const VF32 r = hn::Add(Fused(n, kLn2, z), Fused(n, kLn2Rest, z_rest));
  const VF32 divisor = Fused(ExpReduced<-1>(r), PowerOfTwo(d, shifted), 0x1p-32f);
  const VF32 y = hn::Mul(hn::Div(x, divisor), hn::Set(d, 0x1p-32f));
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, kLargest)), x, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
