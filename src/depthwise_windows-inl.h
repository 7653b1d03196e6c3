// Support: the walk of depthwise convolutions over windows and blocks of channels. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#undef ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#else
#define ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#endif

#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/functions/depthwise-inl.h"
#include "isoquant/inl/functions/depthwise_words-inl.h"
#include "isoquant/inl/sources/image_windows.h"
#include "src/filter.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Sums of so many pixels of a row and so many channels go to the stage at once, from L1.
constexpr size_t kTilePixels = 32, kTileChannels = 64;

// The weights of a call: as integers; in words, behind what SumWords wants. Rows are `stride` elements.
struct Weights {
  const int32_t *wide, *words;
  size_t stride;
};

// `count` windows of a row of outputs, from `column` on.
struct RowOfWindows {
  size_t image, line, column, count;
};

// Each kind makes sums of channels [channel, channel + channels), a row of kTileChannels for each window.
template <class A>
struct WideKind {
  static HWY_INLINE void Sum(const ImageWindows<A>& windows, const Weights& weights, const RowOfWindows& row,
                             size_t channel, size_t channels, int32_t* HWY_RESTRICT sums) {
    const ImageView<const A>& x = windows.x;
    const Conv2dGeometry& g = windows.geometry;
    const Positions r = PositionsInImage(row.line * g.stride_h, g.pad_top, x.h, g.kernel_h, g.dilation_h);
    for (size_t u = 0; u < row.count; ++u) {
      const size_t at = (row.column + u) * g.stride_w;
      const Positions s = PositionsInImage(at, g.pad_left, x.w, g.kernel_w, g.dilation_w);
      DepthwiseWindow<A> window{x.data, weights.wide, 0, 0, 0, 0, 0, 0};  // of padding alone
      if (r.begin < r.end && s.begin < s.end) {
        window = {x.Pixel(row.image, row.line * g.stride_h + r.begin * g.dilation_h - g.pad_top,
                          at + s.begin * g.dilation_w - g.pad_left) +
                      channel,
                  weights.wide + (r.begin * g.kernel_w + s.begin) * weights.stride + channel,
                  r.end - r.begin,
                  s.end - s.begin,
                  g.dilation_h * x.row_stride,
                  g.dilation_w * x.pixel_stride,
                  g.kernel_w * weights.stride,
                  weights.stride};
      }
      DepthwiseSums(window, windows.padding, channels, sums + u * kTileChannels);
    }
  }
};

// Of words: Pairs or Quads.
template <class A, class Words>
struct WordKind {
  static HWY_INLINE void Sum(const ImageWindows<A>& windows, const Weights& weights, const RowOfWindows& row,
                             size_t channel, size_t channels, int32_t* HWY_RESTRICT sums) {
    const ImageView<const A>& x = windows.x;
    const Conv2dGeometry& g = windows.geometry;
    const DepthwiseTag d;
    const size_t lanes = hn::Lanes(d), words = (g.kernel_h + Words::kRows - 1) / Words::kRows;
    const size_t first = row.column * g.stride_w;  // of the columns that are read, pad_left ahead
    const size_t columns = (row.count - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
    const Positions s = PositionsInImage(first, g.pad_left, x.w, columns, 1);
    ImageColumns<A> in{{}, g.kernel_h, columns, s.begin, s.end, x.pixel_stride, windows.padding};
    for (size_t r = 0; r < g.kernel_h; ++r) {
      const size_t y = row.line * g.stride_h + r * g.dilation_h - g.pad_top;  // wraps above the image
      if (y >= x.h || s.begin == s.end) continue;
      in.rows[r] = x.Pixel(row.image, y, first + s.begin - g.pad_left) + channel;
    }
    const WordWindows out{row.count,  g.stride_w, g.dilation_w,   g.kernel_h,
                          g.kernel_w, words,      weights.stride, kTileChannels};
    HWY_ALIGN int32_t
        made[kMostColumns * kMostKernelRows / Words::kRows * Words::kVectors * hn::MaxLanes(DepthwiseTag())];
    for (size_t c = 0; c < channels; c += Words::kVectors * lanes) {
      Words::Make(in, c, channels - c, made);
      for (size_t v = 0; v < Words::kVectors && c + v * lanes < channels; ++v) {
        const size_t at = c + v * lanes;
        SumWords<Words>(d, out, made + v * columns * words * lanes, weights.words + channel + at, sums + at);
      }
    }
  }
};

// Windows [begin, end), counted from windows.first on.
template <class Kind, class A>
HWY_NOINLINE void RunWindows(const ImageWindows<A>& windows, const Weights& weights, size_t begin, size_t end,
                             const StageBase<int32_t>& stage) {
  HWY_ALIGN int32_t sums[kTilePixels * kTileChannels];
  for (size_t i = begin; i < end;) {
    const size_t number = windows.first + i, line = number / windows.out_w;
    RowOfWindows row{line / windows.out_h, line % windows.out_h, number % windows.out_w, 0};
    row.count = HWY_MIN(HWY_MIN(kTilePixels, end - i), windows.out_w - row.column);
    for (size_t c = 0; c < windows.x.c; c += kTileChannels) {
      const size_t channels = HWY_MIN(kTileChannels, windows.x.c - c);
      Kind::Sum(windows, weights, row, c, channels, sums);
      stage.run(stage, i, row.count, c, channels, sums, kTileChannels);
    }
    i += row.count;
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
