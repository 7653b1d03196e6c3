// Functions: the sigmoid of rational_sigmoid.h, of vectors of f32.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_RATIONAL_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_RATIONAL_SIGMOID_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_RATIONAL_SIGMOID_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_RATIONAL_SIGMOID_INL_H_
#endif

#include "hwy/highway.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE VF32 RationalSigmoid(VF32 x) {
  const DF32 d;
  const VF32 v = AtMost(d, AtLeast(d, x, -18.0f), 18.0f);
  const VF32 s = hn::Mul(v, v);
  VF32 p = hn::Set(d, 4.37031012579801e-11f);
  for (const float a : {1.15627324459942e-07f, 6.08574864600143e-05f, 8.51377133304701e-03f, 2.48287947061529e-01f}) {
    p = Fused(p, s, a);
  }
  p = hn::Mul(p, v);
  VF32 q = hn::Set(d, 6.10247389755681e-13f);
  for (const float b : {5.76102136993427e-09f, 6.29106785017040e-06f, 1.70198817374094e-03f, 1.16817656904453e-01f,
                        9.93151921023180e-01f}) {
    q = Fused(q, s, b);
  }
  const VF32 y = hn::Add(Divide(d, p, q), hn::Set(d, 0.5f));
  return OneNaN(d, AtMost(d, AtLeast(d, y, 0.0f), 1.0f));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
