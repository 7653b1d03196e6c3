// Support: the walk of depthwise convolutions over windows and blocks of channels. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#undef ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#else
#define ISOQUANT_SRC_DEPTHWISE_WINDOWS_INL_H_
#endif

#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/functions/depthwise-inl.h"
#include "isoquant/inl/functions/depthwise_sums-inl.h"
#include "isoquant/inl/functions/depthwise_words-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "src/filter.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Sums of so many pixels of a row, and of two rows at most, go to the stage at once, from L1.
constexpr size_t kTilePixels = 32, kTileRows = 2;
// So many bytes of x and y, in L2, are walked through for each block of channels, whose weights stay in L1.
constexpr size_t kBandBytes = 256 * 1024;

// Where sums go: to a stage, or to c, which has elements if the stage stores sums as they are.
struct SumsTo {
  const StageBase<int32_t>& stage;
  const MatrixView<int32_t>& c;
};

// Windows of an image: `rows` rows from `line` on, `count` of each from `column` on. Number `first` is the first one.
struct WindowTile {
  size_t image, line, column, rows, count, first;
};

// A kind makes the sums of a tile of at most kTilePixels x rows_together windows, channels [channel, channel +
// channels), at most kTileChannels.
template <class A>
struct WideKind {
  const ImageWindows<A>& windows;
  const int32_t* weights;  // as integers
  size_t stride;
  static constexpr size_t rows_together = 1;

  void Run(const WindowTile& tile, size_t channel, size_t channels, const SumsTo& to) const {
    HWY_ALIGN int32_t sums[kTilePixels * kTileChannels];
    const ImageView<const A>& x = windows.x;
    const Conv2dGeometry& g = windows.geometry;
    const Positions r = PositionsInImage(tile.line * g.stride_h, g.pad_top, x.h, g.kernel_h, g.dilation_h);
    for (size_t u = 0; u < tile.count; ++u) {
      const size_t at = (tile.column + u) * g.stride_w;
      const Positions s = PositionsInImage(at, g.pad_left, x.w, g.kernel_w, g.dilation_w);
      DepthwiseWindow<A> window{x.data, weights, 0, 0, 0, 0, 0, 0};  // of padding alone
      if (r.begin < r.end && s.begin < s.end) {
        window = {x.Pixel(tile.image, tile.line * g.stride_h + r.begin * g.dilation_h - g.pad_top,
                          at + s.begin * g.dilation_w - g.pad_left) +
                      channel,
                  weights + (r.begin * g.kernel_w + s.begin) * stride + channel,
                  r.end - r.begin,
                  s.end - s.begin,
                  g.dilation_h * x.row_stride,
                  g.dilation_w * x.pixel_stride,
                  g.kernel_w * stride,
                  stride};
      }
      DepthwiseSums(window, windows.padding, channels, sums + u * kTileChannels);
    }
    to.stage.run(to.stage, tile.first, tile.count, channel, channels, sums, kTileChannels);
  }
};

// Of words: Pairs or Quads.
template <class A, class Words>
struct WordKind {
  const ImageWindows<A>& windows;
  const int32_t* weights;  // blocks of kTileChannels channels
  WordGeometry<Words::kRows> words;
  size_t rows_together;

  void Run(const WindowTile& tile, size_t channel, size_t channels, const SumsTo& to) const {
    HWY_ALIGN int32_t made[kMostColumns * kMostKernelRows / Words::kRows * kTileChannels];
    const Conv2dGeometry& g = windows.geometry;
    const ImageColumns<A> in = FindColumns(tile, channel);
    const size_t column = words.words * kTileChannels, at_once = Words::kVectors * hn::Lanes(DepthwiseTag());
    WordWindows w{HWY_MIN(kTileRows, tile.rows),
                  tile.count,
                  g.stride_w * column,
                  g.dilation_w * column,
                  0,
                  0,
                  g.kernel_h,
                  g.kernel_w,
                  words.words,
                  words.step};
    const int32_t* const block = weights + channel * words.WeightRows();
    if constexpr (kHasEverySecond<Words>) {
      if (channels % at_once == 0 && AreEverySecond(w, g)) {
        Finish(tile, w, 0, channel, channels, to, [&](size_t begin, size_t count, int32_t* sums) {
          for (size_t c = begin; c < begin + count; c += at_once) {
            SumEverySecond<Words>(DepthwiseTag(), in, c, w, block + c, sums + c - begin);
          }
        });
        return;
      }
    }
    if constexpr (kHasEverySecondPair<Words>) {
      if (AreEverySecondPair(g)) {
        w.rows = 1;
        for (size_t row = 0; row < tile.rows; ++row) {
          Finish(tile, w, row, channel, channels, to, [&](size_t begin, size_t count, int32_t* sums) {
            SumEverySecondPair<Words>(DepthwiseTag(), in, row * g.stride_h, begin, count, w, block + begin, sums);
          });
        }
        return;
      }
    }
    for (size_t c = 0; c < channels; c += at_once) Words::Make(in, words.words, c, channels - c, made + c);
    for (size_t row = 0; row < tile.rows; row += kTileRows) {
      w.rows = HWY_MIN(kTileRows, tile.rows - row);
      Finish(tile, w, row, channel, channels, to, [&](size_t begin, size_t count, int32_t* sums) {
        SumWords<Words>(DepthwiseTag(), w, row, count, made + begin, block + begin, sums);
      });
    }
  }

 private:
  // What lies under the windows of a tile, from channel `channel` on.
  HWY_INLINE ImageColumns<A> FindColumns(const WindowTile& tile, size_t channel) const {
    const ImageView<const A>& x = windows.x;
    const Conv2dGeometry& g = windows.geometry;
    const size_t first = tile.column * g.stride_w;  // of the columns that are read, pad_left ahead
    const size_t columns = (tile.count - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
    const Positions s = PositionsInImage(first, g.pad_left, x.w, columns, 1);
    const size_t height = g.kernel_h + (tile.rows - 1) * g.stride_h;
    ImageColumns<A> in{{}, height, columns, s.begin, s.end, x.pixel_stride, windows.padding};
    for (size_t r = 0; r < height; ++r) {
      const size_t y = tile.line * g.stride_h + r * g.dilation_h - g.pad_top;  // wraps above the image
      if (y >= x.h || s.begin == s.end) continue;
      in.rows[r] = x.Pixel(tile.image, y, first + s.begin - g.pad_left) + channel;
    }
    return in;
  }

  // Sums of w.rows rows of the tile, from `row` on. sum(begin, count, to) makes those of whole vectors of channels.
  template <class Sum>
  HWY_INLINE void Finish(const WindowTile& tile, WordWindows& w, size_t row, size_t channel, size_t channels,
                         const SumsTo& to, const Sum& sum) const {
    const DepthwiseTag d;
    const size_t first = tile.first + row * windows.out_w;
    size_t stored = 0;  // channels
    if (to.c.rows != 0) {
      stored = channels / hn::Lanes(d) * hn::Lanes(d);
      w.sums_step = to.c.row_stride;
      w.sums_row = windows.out_w * w.sums_step;
      sum(0, stored, to.c.Row(first) + channel);
      if (stored == channels) return;
    }
    HWY_ALIGN int32_t sums[kTileRows * kTilePixels * kTileChannels];
    w.sums_step = kTileChannels;
    w.sums_row = tile.count * kTileChannels;
    sum(stored, channels - stored, sums);
    // Whole rows follow one another.
    const size_t calls = tile.count == windows.out_w ? 1 : w.rows, count = w.rows * tile.count / calls;
    for (size_t i = 0; i < calls; ++i) {
      to.stage.run(to.stage, first + i * windows.out_w, count, channel + stored, channels - stored,
                   sums + i * w.sums_row, kTileChannels);
    }
  }
};

// Windows [begin, end), counted from windows.first on.
template <class Kind, class A>
HWY_NOINLINE void RunWindows(const Kind& kind, const ImageWindows<A>& windows, size_t begin, size_t end,
                             const SumsTo& to) {
  const size_t out_w = windows.out_w, channels = windows.x.c, together = kind.rows_together;
  const Conv2dGeometry& g = windows.geometry;
  const size_t row_bytes = out_w * channels * (g.stride_h * g.stride_w + to.stage.element_bytes);
  const size_t band_rows = RoundUp(HWY_MAX(kBandBytes / HWY_MAX(row_bytes, size_t{1}), size_t{1}), together);
  for (size_t i = begin; i < end;) {
    const size_t number = windows.first + i, line = number / out_w, column = number % out_w;
    // Part of a row, or a band of whole rows of an image.
    const bool is_part = column != 0 || end - i < out_w;
    const size_t count = is_part ? HWY_MIN(end - i, out_w - column) : out_w;
    const size_t top = line % windows.out_h;
    const size_t rows = is_part ? 1 : HWY_MIN(HWY_MIN((end - i) / out_w, windows.out_h - top), band_rows);
    const size_t pieces = DivideUp(count, kTilePixels);
    for (size_t c = 0; c < channels; c += kTileChannels) {
      for (size_t r = 0; r < rows; r += together) {
        for (size_t p = 0; p < pieces; ++p) {
          const Part part = SplitEvenly(count, pieces, p);
          kind.Run({line / windows.out_h, top + r, column + part.begin, HWY_MIN(together, rows - r), part.size,
                    i + r * out_w + part.begin},
                   c, HWY_MIN(kTileChannels, channels - c), to);
        }
      }
    }
    i += rows * count;
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
