// Functions: softmax of a row. The steps are those of softmax.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#endif

#include <cstddef>
#include <limits>

#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/functions/sums-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The largest x, or the least if `sign` is -0; n > 0. Which zero it is, and whether a NaN counts, depends on the
// target: no output does, because a NaN of x makes the whole row NaN.
template <class T>
HWY_INLINE float Extreme(const T* x, size_t n, float sign) {
  const DF32 d;
  const size_t lanes = hn::Lanes(d);
  const VF32 flip = hn::Set(d, sign), least = hn::Set(d, -std::numeric_limits<float>::infinity());
  VF32 max0 = least, max1 = least, max2 = least, max3 = least;
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    max0 = hn::Max(hn::Xor(LoadAsF32(x + i), flip), max0);
    max1 = hn::Max(hn::Xor(LoadAsF32(x + i + lanes), flip), max1);
    max2 = hn::Max(hn::Xor(LoadAsF32(x + i + 2 * lanes), flip), max2);
    max3 = hn::Max(hn::Xor(LoadAsF32(x + i + 3 * lanes), flip), max3);
  }
  for (; i + lanes <= n; i += lanes) max0 = hn::Max(hn::Xor(LoadAsF32(x + i), flip), max0);
  if (i < n) {
    const VF32 v = hn::Xor(LoadAsF32(x + i, n - i), flip);
    max1 = hn::Max(hn::IfThenElse(hn::FirstN(d, n - i), v, least), max1);
  }
  const VF32 max = hn::Max(hn::Max(max0, max1), hn::Max(max2, max3));
  const hn::CappedTag<float, 1> one;
  return hn::GetLane(hn::Xor(hn::Set(one, hn::ReduceMax(d, max)), hn::Set(one, sign)));
}

template <class T>
struct Exponentials {
  const T* x;
  float extreme, scale;
  float* e;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    const DF32 d;
    const VF32 difference = hn::Sub(LoadAsF32(x + i, count), hn::Set(d, extreme));
    StoreFirst(Exp(RoundedMul(d, difference, hn::Set(d, scale))), d, e + i, count);
  }
};

template <class T>
struct TimesInverse {
  const float* e;
  float inverse;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    const DF32 d;
    StoreElements(hn::Mul(LoadFirst(d, e + i, count), hn::Set(d, inverse)), d, y + i, count);
  }
};

template <class T>
struct FillVector {
  float value;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    StoreElements(hn::Set(DF32(), value), DF32(), y + i, count);
  }
};

// The first n elements of a row; those up to `size` become 0. e: n floats, which may be x and y.
template <class T>
HWY_INLINE void SoftmaxRow(const T* x, size_t n, size_t size, float scale, float* e, T* y) {
  const DF32 d;
  if (n != 0) {
    ForEachVector(d, n, Exponentials<T>{x, Extreme(x, n, scale < 0.0f ? -0.0f : 0.0f), scale, e});
    const float sum = Sum(n, AddElements<float>{e});
    if (sum == sum) {
      const hn::CappedTag<float, 1> one;
      const float inverse = hn::GetLane(hn::Div(hn::Set(one, 1.0f), hn::Set(one, sum)));
      ForEachVector(d, n, TimesInverse<T>{e, inverse, y});
    } else {
      ForEachVector(d, n, FillVector<T>{std::numeric_limits<float>::quiet_NaN(), y});
    }
  }
  ForEachVector(d, size - n, FillVector<T>{0.0f, y + n});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
