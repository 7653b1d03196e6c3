// ISA layer: the maxima or sums of four vectors at once; the sum of a vector's lanes in one order for all targets.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_REDUCE_INL_H_
#undef ISOQUANT_INL_ISA_REDUCE_INL_H_
#else
#define ISOQUANT_INL_ISA_REDUCE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE || HWY_TARGET_IS_SVE

// out[i] = the largest lane of vi, i < 4.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void MaxOfFour(D d, V v0, V v1, V v2, V v3, int32_t* HWY_RESTRICT out) {
  out[0] = hn::ReduceMax(d, v0);
  out[1] = hn::ReduceMax(d, v1);
  out[2] = hn::ReduceMax(d, v2);
  out[3] = hn::ReduceMax(d, v3);
}

// The upper half of the lanes is added to the lower half until one lane is left. Each addition is rounded.
template <class D, class V = hn::Vec<D>>
HWY_INLINE float AddHalves(D d, V v) {
  float lanes[hn::MaxLanes(D())];
  hn::StoreU(v, d, lanes);
  for (size_t half = hn::Lanes(d) / 2; half != 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

#else

struct MaxOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Max(a, b);
  }
};
struct SumOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Add(a, b);
  }
};

// Lane by lane what `two` makes of all 128-bit blocks of v.
template <class D, class Two, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Full128<int32_t>> ReduceBlocks(D d, V v, Two two) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return ReduceBlocks(half, two(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), two);
  }
}

// What `two` makes of all lanes of vi, in lane i < 4. Three steps do for all four vectors, where one alone takes three
// or four.
template <class D, class Two, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Full128<int32_t>> ReduceFour(D d, V v0, V v1, V v2, V v3, Two two) {
  const hn::Repartition<int64_t, D> d64;
  const V v01 = two(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1));
  const V v23 = two(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3));
  const auto a = hn::BitCast(d64, v01), b = hn::BitCast(d64, v23);
  const V v = two(hn::BitCast(d, hn::InterleaveLower(d64, a, b)), hn::BitCast(d, hn::InterleaveUpper(d64, a, b)));
  return ReduceBlocks(d, v, two);
}

// out[i] = the largest lane of vi, i < 4. One store writes all of `out`, so that a vector can be loaded from it at
// once.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void MaxOfFour(D d, V v0, V v1, V v2, V v3, int32_t* HWY_RESTRICT out) {
  hn::StoreU(ReduceFour(d, v0, v1, v2, v3, MaxOf()), hn::Full128<int32_t>(), out);
}

// Lane i: the sum of the lanes of vi modulo 2^32.
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Full128<int32_t>> SumsOfFour(D d, V v0, V v1, V v2, V v3) {
  return ReduceFour(d, v0, v1, v2, v3, SumOf());
}

// The upper half of the lanes is added to the lower half until one lane is left. Each addition is rounded.
template <class D, class V = hn::Vec<D>>
HWY_INLINE float AddHalves(D d, V v) {
  if constexpr (hn::MaxLanes(d) == 4) {
    const V two = hn::Add(v, hn::Shuffle1032(v));
    return hn::GetLane(hn::Add(two, hn::Shuffle2301(two)));
  } else {
    const hn::Half<D> half;
    return AddHalves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
