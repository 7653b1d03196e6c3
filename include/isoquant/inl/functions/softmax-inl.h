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
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/functions/sums-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The largest x, or the least if `sign` is -0; of no x, any float. Which zero it is, and whether a NaN counts, depends
// on the target: no output does, because a NaN of x makes the whole row NaN. Beside that, calls other(i, count) for the
// vectors of `other_n` elements, as ForEachVector does: what it stores costs little while this loads.
template <class T, class Other>
HWY_INLINE float Extreme(const T* x, size_t n, float sign, size_t other_n, const Other& other) {
  const DF32 d;
  const size_t lanes = hn::Lanes(d);
  const VF32 flip = hn::Set(d, sign), least = hn::Set(d, -std::numeric_limits<float>::infinity());
  VF32 max0 = least, max1 = least, max2 = least, max3 = least;
  const auto take_four = [&](size_t at) HWY_ATTR {
    max0 = hn::Max(hn::Xor(LoadAsF32(x + at), flip), max0);
    max1 = hn::Max(hn::Xor(LoadAsF32(x + at + lanes), flip), max1);
    max2 = hn::Max(hn::Xor(LoadAsF32(x + at + 2 * lanes), flip), max2);
    max3 = hn::Max(hn::Xor(LoadAsF32(x + at + 3 * lanes), flip), max3);
  };
  size_t i = 0;
  for (; i + 4 * lanes <= HWY_MIN(n, other_n); i += 4 * lanes) {
    take_four(i);
    for (size_t v = 0; v < 4; ++v) other(i + v * lanes, lanes);
  }
  size_t o = i;
  for (; o + 4 * lanes <= other_n; o += 4 * lanes) {
    for (size_t v = 0; v < 4; ++v) other(o + v * lanes, lanes);
  }
  for (; o + lanes <= other_n; o += lanes) other(o, lanes);
  if (o < other_n) other(o, other_n - o);
  for (; i + 4 * lanes <= n; i += 4 * lanes) take_four(i);
  for (; i + lanes <= n; i += lanes) max0 = hn::Max(hn::Xor(LoadAsF32(x + i), flip), max0);
  if (i < n) {
    const VF32 v = hn::Xor(LoadAsF32(x + i, n - i), flip);
    max1 = hn::Max(hn::IfThenElse(hn::FirstN(d, n - i), v, least), max1);
  }
  const VF32 max = hn::Max(hn::Max(max0, max1), hn::Max(max2, max3));
  const hn::CappedTag<float, 1> one;
  return hn::GetLane(hn::Xor(hn::Set(one, hn::ReduceMax(d, max)), hn::Set(one, sign)));
}

// e = exp((x - extreme) * scale), of a number that is not positive, unless a NaN of x makes the row NaN.
template <bool kScaled, class T>
struct Exponentials {
  const T* x;
  float extreme, scale;
  float* e;

  HWY_INLINE VF32 Of(VF32 v) const {
    const DF32 d;
    v = hn::Sub(v, hn::Set(d, extreme));
    if constexpr (kScaled) v = RoundedMul(d, v, hn::Set(d, scale));
    return ExpAtMost89(v);
  }
  HWY_INLINE void operator()(size_t i, size_t count) const {
    StoreFirst(Of(LoadAsF32(x + i, count)), DF32(), e + i, count);
  }
  // The step of their sum.
  HWY_INLINE void operator()(size_t i, VF32& s0, VF32& s1, VF32& s2, VF32& s3) const {
    const DF32 d;
    const size_t lanes = hn::Lanes(d);
    const VF32 x0 = LoadAsF32(x + i), x1 = LoadAsF32(x + i + lanes);
    const VF32 x2 = LoadAsF32(x + i + 2 * lanes), x3 = LoadAsF32(x + i + 3 * lanes);
    const VF32 e0 = Of(x0), e1 = Of(x1), e2 = Of(x2), e3 = Of(x3);
    hn::StoreU(e0, d, e + i);
    hn::StoreU(e1, d, e + i + lanes);
    hn::StoreU(e2, d, e + i + 2 * lanes);
    hn::StoreU(e3, d, e + i + 3 * lanes);
    s0 = hn::Add(s0, e0);
    s1 = hn::Add(s1, e1);
    s2 = hn::Add(s2, e2);
    s3 = hn::Add(s3, e3);
  }
};

// Computes and adds up all exponentials.
template <bool kScaled, class T>
HWY_NOINLINE float SumOfExponentials(const T* x, size_t n, float extreme, float scale, float* e) {
  const DF32 d;
  const Exponentials<kScaled, T> exponentials{x, extreme, scale, e};
  // Elsewhere the function is long, or vectors have a length that does not divide 64.
  if constexpr (kHasFusedMulAdd && !HWY_HAVE_SCALABLE) {
    const size_t whole = n / kVirtualLanes * kVirtualLanes;
    ForEachVector(d, n - whole, Exponentials<kScaled, T>{x + whole, extreme, scale, e + whole});
    return SumByFours(d, n, exponentials, AddElements<float>{e},
                      std::make_index_sequence<kVirtualLanes / hn::MaxLanes(DF32())>());
  } else {
    ForEachVector(d, n, exponentials);
    return Sum(n, AddElements<float>{e});
  }
}

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

template <class T>
HWY_INLINE float ExponentialsOfRow(const T* x, size_t n, float extreme, float scale, float* e) {
  return scale == 1.0f ? SumOfExponentials<false>(x, n, extreme, scale, e)
                       : SumOfExponentials<true>(x, n, extreme, scale, e);
}

// y = e / sum, of the first n elements of a row; those up to `size` become 0. Returns the Extreme of the next row.
template <class T>
HWY_INLINE float DivideRow(const float* e, size_t n, size_t size, float sum, T* y, const T* next, size_t next_n,
                           float sign) {
  const DF32 d;
  ForEachVector(d, size - n, FillVector<T>{0.0f, y + n});
  if (sum != sum) {
    return Extreme(next, next_n, sign, n, FillVector<T>{std::numeric_limits<float>::quiet_NaN(), y});
  }
  const hn::CappedTag<float, 1> one;
  const float inverse = hn::GetLane(Divide(one, hn::Set(one, 1.0f), hn::Set(one, sum)));
  return Extreme(next, next_n, sign, n, TimesInverse<T>{e, inverse, y});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
