// Engine: strips: lines of an image with their padding, as a policy wants the bytes of A; panels for windows whose
// segments end within a step of the policy; and sums of weights of a part of a window.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_WINDOW_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_WINDOW_STRIP_INL_H_
#undef ISOQUANT_INL_ENGINE_WINDOW_STRIP_INL_H_
#else
#define ISOQUANT_INL_ENGINE_WINDOW_STRIP_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/window_plan-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// to[i] = from[i] ^ flip.
HWY_INLINE void CopyFlipped(const uint8_t* HWY_RESTRICT from, size_t n, uint8_t flip, uint8_t* HWY_RESTRICT to) {
  const hn::ScalableTag<uint8_t> d;
  const size_t lanes = hn::Lanes(d);
  const auto flips = hn::Set(d, flip);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Xor(hn::LoadU(d, from + i), flips), d, to + i);
  if (i != n) StoreFirst(hn::Xor(LoadFirst(d, from + i, n - i), flips), d, to + i, n - i);
}

// The strip that the windows of `lines` lines of outputs see, from `first_line` of an image on.
template <class A>
HWY_NOINLINE void FillStrip(const ImageWindows<A>& w, const WindowPlan& plan, uint8_t flip, size_t image,
                            size_t first_line, size_t lines, uint8_t* strip) {
  const ImageView<const A>& x = w.x;
  const Conv2dGeometry& g = w.geometry;
  const int padding = static_cast<uint8_t>(w.padding) ^ flip;
  const size_t strip_lines = (lines - 1) * plan.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  // Of a line, the pixels [begin, end) are in the image.
  const size_t begin = Min(DivideUp(g.pad_left, plan.step_w), plan.pixels);
  const size_t end = Max(begin, Min(DivideUp(g.pad_left + x.w, plan.step_w), plan.pixels));
  const bool one_run = plan.step_w == 1 && x.pixel_stride == x.c;
  for (size_t i = 0; i < strip_lines; ++i, strip += plan.pitch) {
    const size_t y = first_line * g.stride_h + i * plan.step_h - g.pad_top;  // wraps above the image
    if (y >= x.h) {
      std::memset(strip, padding, plan.pitch);
      continue;
    }
    uint8_t* to = strip;
    std::memset(to, padding, begin * x.c);
    to += begin * x.c;
    const uint8_t* from = reinterpret_cast<const uint8_t*>(x.data + image * x.image_stride + y * x.row_stride +
                                                           (begin * plan.step_w - g.pad_left) * x.pixel_stride);
    if (one_run) {
      CopyFlipped(from, (end - begin) * x.c, flip, to);
      to += (end - begin) * x.c;
    } else {
      for (size_t p = begin; p < end; ++p, from += plan.step_w * x.pixel_stride, to += x.c) {
        CopyFlipped(from, x.c, flip, to);
      }
    }
    std::memset(to, padding, static_cast<size_t>(strip + plan.pitch - to));
  }
}

// The sums of each column of `lines` lines of a panel. d: vectors of int32, at most PackedPanels::kColumns. Nothing
// saturates: factors are 1, and the sum of two bytes fits 16 bits.
template <class D>
HWY_INLINE void SumLines(D d, const int8_t* panel, size_t lines, int32_t* sums) {
  const hn::Repartition<int16_t, D> d16;
  const hn::Repartition<int8_t, D> d8;
  const auto ones8 = hn::Set(hn::RebindToUnsigned<decltype(d8)>(), uint8_t{1});
  const auto ones16 = hn::Set(d16, int16_t{1});
  for (size_t j = 0; j < PackedPanels::kColumns; j += hn::Lanes(d), panel += hn::Lanes(d8)) {
    auto sum = hn::Zero(d);
    for (size_t i = 0; i < lines; ++i) {
      const auto pairs = hn::SatWidenMulPairwiseAdd(d16, ones8, hn::LoadU(d8, panel + i * PackedPanels::kLineBytes));
      sum = hn::Add(sum, hn::WidenMulPairwiseAdd(d, pairs, ones16));
    }
    hn::StoreU(sum, d, sums + j);
  }
}

// A panel of `k` rows, with zeros after the last element of each segment of `segment` elements up to a multiple of
// `unit`, which is one of four.
[[maybe_unused]] HWY_NOINLINE void RepackForWindows(const int8_t* panel, size_t k, size_t segment, size_t unit,
                                                    uint8_t* out) {
  const hn::CappedTag<uint32_t, 16> d;
  const size_t lines = DivideUp(k, size_t{4}), steps = DivideUp(segment, size_t{4});
  const size_t zeros = (RoundUp(segment, unit) / 4 - steps) * PackedPanels::kLineBytes;
  const uint32_t last_mask = static_cast<uint32_t>((uint64_t{1} << (segment - (steps - 1) * 4) * 8) - 1);
  for (size_t begin = 0; begin < k; begin += segment) {
    const int low = static_cast<int>(begin % 4 * 8);
    for (size_t i = 0; i < steps; ++i, out += PackedPanels::kLineBytes) {
      const uint32_t mask = i + 1 == steps ? last_mask : ~uint32_t{0};
      const size_t line = begin / 4 + i;
      const uint32_t* const from = reinterpret_cast<const uint32_t*>(panel + line * PackedPanels::kLineBytes);
      const bool more = low != 0 && line + 1 < lines;
      for (size_t j = 0; j < PackedPanels::kColumns; j += hn::Lanes(d)) {
        auto v = hn::ShiftRightSame(hn::LoadU(d, from + j), low);
        if (more) v = hn::Or(v, hn::ShiftLeftSame(hn::LoadU(d, from + PackedPanels::kColumns + j), 32 - low));
        hn::StoreU(hn::And(v, hn::Set(d, mask)), d, reinterpret_cast<uint32_t*>(out) + j);
      }
    }
    std::memset(out, 0, zeros);
    out += zeros;
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
