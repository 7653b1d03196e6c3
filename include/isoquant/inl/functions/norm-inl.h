// Functions: a row less its mean, or not, divided by the root of its mean square. The steps are those of norm.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_NORM_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_NORM_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_NORM_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/functions/sums-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Whether rows are so short that x of two of them, and what else a row needs, fit L1 together. (Rows of 4096 f32 do
// not: with the next row's sums taken early, 64 x 4096 took 1.25 times as long.)
template <class T>
constexpr bool FitsL1(size_t n) {
  return n <= 8192 / sizeof(T);
}

// Steps of sums. (Functors, because g++ 12 does not inline all lambdas.)
template <class T>
struct AddSquares {
  const T* x;

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V sum, size_t i, size_t count) const {
    const V v = LoadElements(d, x + i, count);
    return FusedMulAdd(d, v, v, sum);
  }
};
template <class T>
struct AddSquaresLess {
  const T* x;
  float mean;

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V sum, size_t i, size_t count) const {
    V v = hn::Sub(LoadElements(d, x + i, count), hn::Set(d, mean));
    if (count < hn::Lanes(d)) v = hn::IfThenElseZero(hn::FirstN(d, count), v);
    return FusedMulAdd(d, v, v, sum);
  }
};

// The same. It fetches the row's y too: where L1 does not hold a row with all that it needs, nor L2 the matrices, the
// stores behind would wait for it, while these steps wait for nothing. (64 x 4096 f32: 1.13 times as fast on Zen 5; but
// 1 x 4096 would be 1.13 times as slow.)
template <class T>
constexpr bool FetchesOutputs(size_t rows, size_t n) {
  return !FitsL1<T>(n) && rows * n > (256 << 10) / sizeof(T);
}
template <class T>
struct AddSquaresLessAndFetch {
  AddSquaresLess<T> add;
  const T* y;

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V sum, size_t i, size_t count) const {
    hwy::Prefetch(y + i);
    return add(d, sum, i, count);
  }
};

// Not inlined, so that all operations share them.
template <class T>
HWY_NOINLINE float SumOfElements(const T* x, size_t n) {
  return Sum(n, AddElements<T>{x});
}
template <class T>
HWY_NOINLINE float SumOfSquares(const T* x, size_t n) {
  return Sum(n, AddSquares<T>{x});
}
template <class T>
HWY_NOINLINE float SumOfSquaresLess(const T* x, size_t n, float mean, const T* y) {
  if (y == nullptr) return Sum(n, AddSquaresLess<T>{x, mean});
  return Sum(n, AddSquaresLessAndFetch<T>{{x, mean}, y});
}

// sum / n. (By vectors, here and below: compilers know what a division or a root of scalars is worth by -ffast-math.)
HWY_INLINE float Mean(float sum, size_t n) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(hn::Div(hn::Set(d, sum), hn::Set(d, static_cast<float>(n))));
}

// 1 / sqrt(mean + epsilon); infinite if both are 0.
HWY_INLINE float InverseRoot(float mean, float epsilon) {
  const hn::CappedTag<float, 1> d;
  const auto root = hn::Sqrt(hn::Add(hn::Set(d, mean), hn::Set(d, epsilon)));
  return hn::GetLane(Divide(d, hn::Set(d, 1.0f), root));
}

inline bool IsFinite(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return (bits & 0x7f800000) != 0x7f800000;
}

// Whether no element is infinite or NaN: 0 times such a one is NaN, and so is a sum that it is part of.
inline bool AllFinite(const float* v, size_t n) {
  const DF32 d;
  const VF32 zero = hn::Zero(d);
  const size_t lanes = hn::Lanes(d);
  VF32 sum0 = zero, sum1 = zero, sum2 = zero, sum3 = zero;
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, v + i), zero, sum0);  // fused or not, it is 0 or NaN
    sum1 = hn::MulAdd(hn::LoadU(d, v + i + lanes), zero, sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, v + i + 2 * lanes), zero, sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, v + i + 3 * lanes), zero, sum3);
  }
  for (; i < n; i += lanes) sum0 = hn::MulAdd(LoadFirst(d, v + i, n - i), zero, sum0);
  sum0 = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  return hn::AllTrue(d, hn::Eq(sum0, sum0));
}

// What the elements of normalised rows are multiplied by, and what is added to them; null: nothing.
struct Affine {
  const float* weight;
  const float* bias;
  size_t size;
  bool is_known = false, is_finite = false;

  // Looked up once, while the first row waits for its division and root: that hides it.
  HWY_INLINE bool AllFinite() {
    if (HWY_UNLIKELY(!is_known)) {
      is_finite = (weight == nullptr || HWY_NAMESPACE::AllFinite(weight, size)) &&
                  (bias == nullptr || HWY_NAMESPACE::AllFinite(bias, size));
      is_known = true;
    }
    return is_finite;
  }
};

// y = (x - mean) * scale, times weight, plus bias. kChecked: outputs may be NaN, and the store does not see to that.
template <bool kCentred, bool kWeight, bool kBias, bool kChecked, class T>
struct NormaliseVector {
  const T* x;
  float mean, scale;
  const float* weight;
  const float* bias;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    const DF32 d;
    VF32 v = LoadElements(d, x + i, count);
    if constexpr (kCentred) v = hn::Sub(v, hn::Set(d, mean));
    v = RoundedMul(d, v, hn::Set(d, scale));
    if constexpr (kWeight && kBias) {
      v = FusedMulAdd(d, v, LoadFirst(d, weight + i, count), LoadFirst(d, bias + i, count));
    } else if constexpr (kWeight) {
      v = hn::Mul(v, LoadFirst(d, weight + i, count));
    } else if constexpr (kBias) {
      v = hn::Add(v, LoadFirst(d, bias + i, count));
    }
    if constexpr (kChecked) v = OneNaN(d, v);
    StoreElements(v, d, y + i, count);
  }
};

template <bool kCentred, bool kWeight, bool kBias, class T>
HWY_NOINLINE void NormaliseAs(const T* x, size_t n, float mean, float scale, const Affine& affine, bool may_be_nan,
                              T* y) {
  if (may_be_nan && !kStoresOneNaN<T>) {
    const NormaliseVector<kCentred, kWeight, kBias, !kStoresOneNaN<T>, T> checked{
        x, mean, scale, affine.weight, affine.bias, y};
    ForEachVector(DF32(), n, checked);
  } else {
    const NormaliseVector<kCentred, kWeight, kBias, false, T> unchecked{x, mean, scale, affine.weight, affine.bias, y};
    ForEachVector(DF32(), n, unchecked);
  }
}

// Outputs can be NaN only if an x, a weight or a bias is not finite, or if squares overflow, or if all of them vanish
// and epsilon does too: in the first and second case the sum of squares is not finite, in the last the scale.
template <class T>
HWY_INLINE bool MayBeNaN(float sum, float scale, Affine& affine) {
  return !kStoresOneNaN<T> && (!affine.AllFinite() || !IsFinite(sum) || !IsFinite(scale));
}

// `sum` is SumOfSquares(x, n), the result that of the row behind, if there is one (`next_x` is not null): it is added
// up while this row waits for its division and root.
template <class T>
HWY_INLINE float RmsNormRow(const T* x, size_t n, float sum, const T* next_x, Affine& affine, float epsilon, T* y) {
  const float scale = InverseRoot(Mean(sum, n), epsilon);
  const float next = next_x == nullptr ? 0.0f : SumOfSquares(next_x, n);
  const bool may_be_nan = MayBeNaN<T>(sum, scale, affine);
  if (affine.weight != nullptr) {
    NormaliseAs<false, true, false>(x, n, 0.0f, scale, affine, may_be_nan, y);
  } else {
    NormaliseAs<false, false, false>(x, n, 0.0f, scale, affine, may_be_nan, y);
  }
  return next;
}

// The same; `sum` is SumOfElements(x, n).
template <class T>
HWY_INLINE float LayerNormRow(const T* x, size_t n, float sum_of_x, const T* next_x, Affine& affine, float epsilon,
                              bool fetches, T* y) {
  const float mean = Mean(sum_of_x, n);
  const float sum = SumOfSquaresLess(x, n, mean, fetches ? y : nullptr);
  const float scale = InverseRoot(Mean(sum, n), epsilon);
  const float next = next_x == nullptr ? 0.0f : SumOfElements(next_x, n);
  const bool may_be_nan = MayBeNaN<T>(sum, scale, affine);
  if (affine.weight != nullptr && affine.bias != nullptr) {
    NormaliseAs<true, true, true>(x, n, mean, scale, affine, may_be_nan, y);
  } else if (affine.weight != nullptr) {
    NormaliseAs<true, true, false>(x, n, mean, scale, affine, may_be_nan, y);
  } else if (affine.bias != nullptr) {
    NormaliseAs<true, false, true>(x, n, mean, scale, affine, may_be_nan, y);
  } else {
    NormaliseAs<true, false, false>(x, n, mean, scale, affine, may_be_nan, y);
  }
  return next;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
