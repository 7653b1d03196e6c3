// Functions: rows of resized images of f32, between four neighbours at once (kLinearAtOnce of resize.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_RESIZE_AT_ONCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_RESIZE_AT_ONCE_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_RESIZE_AT_ONCE_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_RESIZE_AT_ONCE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/functions/resize-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE VF32 MixFour(VF32 w00, VF32 x00, VF32 w01, VF32 x01, VF32 w10, VF32 x10, VF32 w11, VF32 x11) {
  const DF32 d;
  const VF32 upper = hn::Add(RoundedMul(d, w00, x00), RoundedMul(d, w01, x01));
  return OneNaN(d, hn::Add(hn::Add(upper, RoundedMul(d, w10, x10)), RoundedMul(d, w11, x11)));
}

// A row of x at y's width: the left and right neighbours of each element of y.
struct ResizeNeighbours {
  alignas(64) float left[ResizeColumns<float>::kPadded];
  alignas(64) float right[ResizeColumns<float>::kPadded];
};

HWY_NOINLINE void GatherNeighbours(const ResizeColumns<float>& p, const float* row, size_t pixel_stride,
                                   ResizeNeighbours& to) {
  const DF32 d;
  const auto store = [&](size_t i, VF32 left, VF32 right) HWY_ATTR {
    hn::Store(left, d, to.left + i);
    hn::Store(right, d, to.right + i);
  };
  const float* const first = row + p.pixel[0] * pixel_stride;
  if (p.gather == ResizeGather::kOneTable) {
    LookUpColumns<false>(d, p, first, store);
  } else if (p.gather == ResizeGather::kTwoTables) {
    LookUpColumns<true>(d, p, first, store);
  } else {
    GatherColumns(p, row, pixel_stride, to.left, to.right);
  }
}

// y[i] = w0 (p.w0 upper.left + p.w1 upper.right) + w1 (...), of elements [begin, begin + size).
HWY_INLINE void MixNeighbours(const ResizeColumns<float>& p, const ResizeNeighbours& upper,
                              const ResizeNeighbours& lower, float w0, float w1, size_t begin, size_t size, float* y) {
  const DF32 d;
  const VF32 w0v = hn::Set(d, w0), w1v = hn::Set(d, w1);
  ForEachRowVector(d, size, [&](size_t i, size_t n) HWY_ATTR {
    const size_t at = begin + i;
    const VF32 w0u = hn::LoadU(d, p.w0 + at), w1u = hn::LoadU(d, p.w1 + at);
    const VF32 mixed = MixFour(RoundedMul(d, w0v, w0u), hn::LoadU(d, upper.left + at), RoundedMul(d, w0v, w1u),
                               hn::LoadU(d, upper.right + at), RoundedMul(d, w1v, w0u), hn::LoadU(d, lower.left + at),
                               RoundedMul(d, w1v, w1u), hn::LoadU(d, lower.right + at));
    StoreFirst(mixed, d, y + i, n);
  });
}

// The same from rows of x, for pixels of so many channels that they are vectors. Pixels of y are `y_stride` elements
// apart.
HWY_INLINE void MixCorners(const ResizeColumns<float>& p, const float* upper, const float* lower, float w0_row,
                           float w1_row, size_t last_pixel, size_t pixel_stride, float* y, size_t y_stride) {
  const DF32 d;
  const VF32 w0v = hn::Set(d, w0_row), w1v = hn::Set(d, w1_row);
  for (size_t u = 0; u < p.count; ++u, y += y_stride) {
    const size_t left = p.pixel[u] * pixel_stride, right = left + (p.pixel[u] < last_pixel ? pixel_stride : 0);
    const VF32 w0 = hn::Set(d, p.w0[u]), w1 = hn::Set(d, p.w1[u]);
    const VF32 w00 = RoundedMul(d, w0v, w0), w01 = RoundedMul(d, w0v, w1);
    const VF32 w10 = RoundedMul(d, w1v, w0), w11 = RoundedMul(d, w1v, w1);
    ForEachRowVector(d, p.channels, [&](size_t i, size_t n) {
      const VF32 mixed = MixFour(w00, LoadFirst(d, upper + left + i, n), w01, LoadFirst(d, upper + right + i, n), w10,
                                 LoadFirst(d, lower + left + i, n), w11, LoadFirst(d, lower + right + i, n));
      StoreFirst(mixed, d, y + i, n);
    });
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
