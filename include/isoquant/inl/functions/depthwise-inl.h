// Functions: sums of depthwise convolutions: a vector of channels at a time, each with its own weights. For any kernel
// and any weights; depthwise_words-inl.h is faster for most.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_DEPTHWISE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using DepthwiseTag = hn::CappedTag<int32_t, 16>;

// What the panels hold of B(k, n), for a vector of columns from n on. Those past the end are anything.
HWY_INLINE hn::Vec<DepthwiseTag> PanelWeights(const PackedPanels& b, size_t k, size_t n) {
  const DepthwiseTag d;
  const size_t groups = (b.k + PackedPanels::kGroup - 1) / PackedPanels::kGroup, byte = k % PackedPanels::kGroup;
  const int8_t* const four =
      b.panels + (n / PackedPanels::kColumns * groups + k / PackedPanels::kGroup) * PackedPanels::kLineBytes +
      n % PackedPanels::kColumns * PackedPanels::kGroup;
  // That byte of each column's four, as an integer.
  const size_t above = HWY_IS_LITTLE_ENDIAN ? PackedPanels::kGroup - 1 - byte : byte;
  const auto bytes = hn::LoadU(d, reinterpret_cast<const int32_t*>(four));
  return hn::ShiftRight<24>(hn::ShiftLeftSame(bytes, static_cast<int>(8 * above)));
}
// `offset`, less the zero points of a vector of columns: there may be none, one, or one for each of `columns`.
HWY_INLINE hn::Vec<DepthwiseTag> AddedToWeights(int32_t offset, const VectorView<const int32_t>& zero_points, size_t n,
                                                size_t columns) {
  const DepthwiseTag d;
  const auto added = hn::Set(d, offset);
  if (zero_points.size == 0) return added;
  return hn::Sub(added, LoadColumns(d, zero_points.data, zero_points.size == 1, n, columns - n));
}

// weights[k * stride + n] = what the panels hold of B(k, n), plus `offset`, less zero_points[n], modulo 2^32. `stride`
// is a multiple of 16; columns past the end are anything.
HWY_INLINE void WidenWeights(const PackedPanels& b, int32_t offset, const VectorView<const int32_t>& zero_points,
                             size_t stride, int32_t* HWY_RESTRICT weights) {
  const DepthwiseTag d;
  for (size_t n = 0; n < b.n; n += hn::Lanes(d)) {
    const auto added = AddedToWeights(offset, zero_points, n, b.n);
    for (size_t k = 0; k < b.k; ++k) {
      hn::StoreU(hn::Add(PanelWeights(b, k, n), added), d, weights + k * stride + n);
    }
  }
}

// `rows` x `cols` pixels of an image, and the weights that they have. Steps count elements.
template <class A>
struct DepthwiseWindow {
  const A* pixels;
  const int32_t* weights;
  size_t rows, cols;
  size_t row_step, col_step, weight_row_step, weight_col_step;
};

// A whole vector of channels of a pixel, less the zero point, times their weights.
template <class D, class A, class V = hn::Vec<D>>
HWY_INLINE V WeightedPixel(D d, const A* pixel, const int32_t* weight, V zero) {
  const hn::Rebind<A, D> narrow;
  return hn::Mul(hn::Sub(hn::PromoteTo(d, hn::LoadU(narrow, pixel)), zero), hn::LoadU(d, weight));
}

// sums[c] = sum over the pixels of (pixel[c] - zero_point) * weight[c], modulo 2^32, 0 <= c < channels. Whole vectors
// are written.
template <class A>
HWY_INLINE void DepthwiseSums(const DepthwiseWindow<A>& w, int32_t zero_point, size_t channels,
                              int32_t* HWY_RESTRICT sums) {
  const DepthwiseTag d;
  const hn::Rebind<A, DepthwiseTag> narrow;
  const size_t lanes = hn::Lanes(d);
  const auto zero = hn::Set(d, zero_point);
  size_t c = 0;
  // Four vectors have a loop of their own: its counters are as much work as the products of one.
  for (; c + 4 * lanes <= channels; c += 4 * lanes) {
    auto v0 = hn::Zero(d), v1 = v0, v2 = v0, v3 = v0;
    for (size_t r = 0; r < w.rows; ++r) {
      const A* pixel = w.pixels + r * w.row_step + c;
      const int32_t* weight = w.weights + r * w.weight_row_step + c;
      for (size_t s = 0; s < w.cols; ++s, pixel += w.col_step, weight += w.weight_col_step) {
        v0 = hn::Add(v0, WeightedPixel(d, pixel, weight, zero));
        v1 = hn::Add(v1, WeightedPixel(d, pixel + lanes, weight + lanes, zero));
        v2 = hn::Add(v2, WeightedPixel(d, pixel + 2 * lanes, weight + 2 * lanes, zero));
        v3 = hn::Add(v3, WeightedPixel(d, pixel + 3 * lanes, weight + 3 * lanes, zero));
      }
    }
    hn::StoreU(v0, d, sums + c);
    hn::StoreU(v1, d, sums + c + lanes);
    hn::StoreU(v2, d, sums + c + 2 * lanes);
    hn::StoreU(v3, d, sums + c + 3 * lanes);
  }
  for (; c < channels; c += lanes) {
    auto v = hn::Zero(d);
    for (size_t r = 0; r < w.rows; ++r) {
      const A* pixel = w.pixels + r * w.row_step + c;
      const int32_t* weight = w.weights + r * w.weight_row_step + c;
      for (size_t s = 0; s < w.cols; ++s, pixel += w.col_step, weight += w.weight_col_step) {
        const auto x = hn::Sub(hn::PromoteTo(d, LoadFirst(narrow, pixel, channels - c)), zero);
        v = hn::Add(v, hn::Mul(x, hn::LoadU(d, weight)));
      }
    }
    hn::StoreU(v, d, sums + c);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
