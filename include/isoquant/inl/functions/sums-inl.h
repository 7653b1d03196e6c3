// Functions: sums of floats whose bits do not depend on the length of vectors, nor on what a caller adds up.
//
// A sum runs over 64 virtual lanes. Each begins with 0; element i is added to lane i % 64, in increasing i. Then lane
// j + 32 is added to lane j for j < 32, j + 16 to j for j < 16, and so on; and last +0 is added to the lane that is
// left, so that a sum that is zero is +0. What "added" means is up to a step: x by one addition, or x * y by one fused
// multiply-add.
//
// 64 lanes are four vectors of AVX-512 (enough to hide the latency of an addition, at one load a cycle) and sixteen of
// SSE and NEON. (Sums of squares out of L1 with 16, 32 and 64 lanes: 82, 147 and 176 GB/s on one core of Zen 4.)

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_SUMS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_SUMS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_SUMS_INL_H_
#endif

#include <cstddef>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/isa/reduce-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kVirtualLanes = 64;

// Vectors that are the virtual lanes, in order, to one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AddVectors(D, V v0, V v1, V v2, V v3) {
  return hn::Add(hn::Add(v0, v2), hn::Add(v1, v3));
}
template <class D, class V, class... Vs>
HWY_INLINE V AddVectors(D d, V v0, V v1, V v2, V v3, V v4, V v5, V v6, V v7) {
  return AddVectors(d, hn::Add(v0, v4), hn::Add(v1, v5), hn::Add(v2, v6), hn::Add(v3, v7));
}
template <class D, class V>
HWY_INLINE V AddVectors(D d, V v0, V v1, V v2, V v3, V v4, V v5, V v6, V v7, V v8, V v9, V v10, V v11, V v12, V v13,
                        V v14, V v15) {
  return AddVectors(d, hn::Add(v0, v8), hn::Add(v1, v9), hn::Add(v2, v10), hn::Add(v3, v11), hn::Add(v4, v12),
                    hn::Add(v5, v13), hn::Add(v6, v14), hn::Add(v7, v15));
}

// Elements [i, n) that belong to one vector of lanes.
template <class D, class Step, class V>
HWY_INLINE void AddPart(D d, const Step& step, size_t i, size_t n, V& sum) {
  if (i < n) sum = step(d, sum, i, HWY_MIN(n - i, hn::Lanes(d)));
}

// Each level of the recursion declares a vector of lanes. Separate locals stay in registers, and vectors without a size
// known to the compiler (SVE) can be nothing else.
template <size_t kVectors, class D, class Step, size_t... kI, class... Sums>
HWY_INLINE float SumInVectors(D d, size_t n, const Step& step, std::index_sequence<kI...> all, Sums&... sums) {
  if constexpr (sizeof...(Sums) < kVectors) {
    auto next = hn::Zero(d);
    return SumInVectors<kVectors>(d, n, step, all, sums..., next);
  } else {
    const size_t lanes = hn::Lanes(d);
    size_t i = 0;
    for (; i + kVirtualLanes <= n; i += kVirtualLanes) ((sums = step(d, sums, i + kI * lanes, lanes)), ...);
    (AddPart(d, step, i + kI * lanes, n, sums), ...);
    return AddHalves(d, AddVectors(d, sums...)) + 0.0f;
  }
}

// The sum over i < n. step(d, sum, i, count) returns `sum` with elements [i, i + count) added to its lanes, where count
// is at most Lanes(d); the lanes behind stay as they are, or +0 or -0 is added to them: that changes no sum.
template <class Step>
HWY_INLINE float Sum(size_t n, const Step& step) {
  const hn::CappedTag<float, 16> d;
  constexpr size_t kMaxLanes = hn::MaxLanes(d);
  if constexpr (kMaxLanes == 1) {
    float lanes[kVirtualLanes] = {};
    for (size_t i = 0; i < n; ++i) {
      float& lane = lanes[i % kVirtualLanes];
      lane = hn::GetLane(step(d, hn::Set(d, lane), i, size_t{1}));
    }
    for (size_t half = kVirtualLanes / 2; half != 0; half /= 2) {
      for (size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0] + 0.0f;
  } else if constexpr (!HWY_HAVE_SCALABLE) {
    constexpr size_t kVectors = kVirtualLanes / kMaxLanes;
    return SumInVectors<kVectors>(d, n, step, std::make_index_sequence<kVectors>());
  } else {
    // Vectors of SVE may have a length that does not divide 64: then four lanes of them serve.
    const hn::CappedTag<float, 8> d8;
    if (hn::Lanes(d) == 16) return SumInVectors<4>(d, n, step, std::make_index_sequence<4>());
    if (hn::Lanes(d8) == 8) return SumInVectors<8>(d8, n, step, std::make_index_sequence<8>());
    return SumInVectors<16>(hn::CappedTag<float, 4>(), n, step, std::make_index_sequence<16>());
  }
}

// The same, of steps that take long: fours(i, s0, s1, s2, s3) adds elements [i, i + 4 Lanes(d)) to the next four
// vectors of lanes, so that loads come before stores, and compilers can let four chains of operations advance together.
// `tail` is the step for elements behind the last whole 64. Not for vectors without a known size.
template <class D, class Fours, class V, class... Sums>
HWY_INLINE void AddFours(D d, const Fours& fours, size_t i, V& s0, V& s1, V& s2, V& s3, Sums&... sums) {
  fours(i, s0, s1, s2, s3);
  if constexpr (sizeof...(Sums) != 0) AddFours(d, fours, i + 4 * hn::Lanes(d), sums...);
}
template <class D, class Fours, class Tail, size_t... kI, class... Sums>
HWY_INLINE float SumByFours(D d, size_t n, const Fours& fours, const Tail& tail, std::index_sequence<kI...> all,
                            Sums&... sums) {
  if constexpr (sizeof...(Sums) < sizeof...(kI)) {
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    return SumByFours(d, n, fours, tail, all, sums..., s0, s1, s2, s3);
  } else {
    size_t i = 0;
    for (; i + kVirtualLanes <= n; i += kVirtualLanes) AddFours(d, fours, i, sums...);
    (AddPart(d, tail, i + kI * hn::Lanes(d), n, sums), ...);
    return AddHalves(d, AddVectors(d, sums...)) + 0.0f;
  }
}

// The step of a plain sum.
template <class T>
struct AddElements {
  const T* x;

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V sum, size_t i, size_t count) const {
    return hn::Add(sum, LoadElements(d, x + i, count));
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
