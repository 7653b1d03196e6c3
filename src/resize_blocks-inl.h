// Support: the walk of resizing over rows of y. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#undef ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#else
#define ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#endif

#include "isoquant/inl/functions/resize-inl.h"
#include "isoquant/inl/functions/resize_at_once-inl.h"
#include "isoquant/inl/functions/resize_nearest-inl.h"
#include "src/resize_call.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

static_assert(kResizeBlock <= kResizeElements, "blocks fit");

constexpr size_t kNoRow = ~size_t{0};

// Calls block(first column, columns, first channel) when another block begins, image() when another image does, and
// row(image, row, first column) for each row [begin, end) of all rows of all images of all blocks.
template <class Block, class Image, class Row>
HWY_INLINE void WalkRows(const ResizeBlocks& blocks, size_t w, size_t n, size_t h, size_t begin, size_t end,
                         const Block& block, const Image& image, const Row& row) {
  size_t b = begin / h / n, i = begin / h % n, v = begin % h;
  for (size_t left = end - begin; left != 0; ++b, i = 0) {
    const size_t column = b / blocks.along_c * blocks.columns;
    block(column, HWY_MIN(blocks.columns, w - column), b % blocks.along_c * blocks.channels);
    for (; i < n && left != 0; ++i, v = 0) {
      image();
      for (; v < h && left != 0; ++v, --left) row(i, v, column);
    }
  }
}

// The rows of y that are next, and where they lie in x.
struct ResizeRows {
  static constexpr size_t kCount = 64;
  size_t begin = 0, end = 0;
  size_t pixel[kCount];
  float w0[kCount], w1[kCount];

  // The place of row v of `h` ones. find(first row, rows) fills the others.
  template <class Find>
  HWY_INLINE size_t Place(size_t v, size_t h, const Find& find) {
    if (v < begin || v >= end) {
      begin = v / kCount * kCount;
      end = HWY_MIN(h, begin + kCount);
      find(begin, end - begin);
    }
    return v - begin;
  }
};

// Calls store(first element, elements, their place) for what lies together of `count` pixels of y: all, or each pixel.
template <class T, class Store>
HWY_INLINE void StorePixels(const ImageView<T>& y, T* to, size_t count, size_t channels, const Store& store) {
  const bool is_one = y.pixel_stride == channels;
  const size_t size = is_one ? count * channels : channels, end = count * channels;
  for (size_t i = 0;; to += y.pixel_stride) {
    store(i, size, to);
    i += size;
    if (i == end) return;
  }
}

// Rows are mixed in D: DF32, or DU16, of 8-bit integers whose weights are sixteenths.
template <class D, class T>
HWY_INLINE void ResizeLinearRows(const ResizeCall<T>& call, size_t begin, size_t end) {
  using Number = hn::TFromD<D>;
  using Columns = ResizeColumns<Number>;
  const D d;
  const ImageView<const T>& x = call.x;
  const ImageView<T>& y = call.y;
  Columns columns;
  ResizeRows rows;
  ResizeScratch<T> scratch;
  alignas(64) Number mixed[2][Columns::kPadded];  // rows of x at y's width: those of even and of odd numbers
  size_t held[2], channel = 0;

  const auto mix = [&](size_t image, size_t row) -> const Number* {
    Number* const to = mixed[row % 2];
    if (held[row % 2] == row) return to;
    held[row % 2] = row;
    MixColumns(d, columns, x.Pixel(image, row, 0) + channel, x.pixel_stride, scratch, to);
    return to;
  };
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t count, size_t first_channel) {
        channel = first_channel;
        columns.count = count;
        columns.channels = HWY_MIN(kResizeBlock, y.c - channel);
        float w0[kResizeBlock], w1[kResizeBlock];
        FindNeighbours(call.columns, column, count, columns.pixel, w0, w1);
        for (size_t u = 0; u < count; ++u) columns.right[u] = w1[u] != 0.0f ? 1 : 0;
        PrepareColumns(columns, w0, w1, x.pixel_stride, hn::Lanes(d));
      },
      [&] { held[0] = held[1] = kNoRow; },
      [&](size_t image, size_t v, size_t column) {
        const size_t at = rows.Place(v, y.h, [&](size_t first, size_t count) {
          FindNeighbours(call.rows, first, count, rows.pixel, rows.w0, rows.w1);
        });
        Number w0 = 0, w1 = 0;
        SetWeight(rows.w0[at], w0);
        SetWeight(rows.w1[at], w1);
        const Number* const a = mix(image, rows.pixel[at]);
        const Number* const b = w1 == 0 ? a : mix(image, rows.pixel[at] + 1);
        StorePixels(y, y.Pixel(image, v, column) + channel, columns.count, columns.channels,
                    [&](size_t i, size_t size, T* to) { MixRows(d, a + i, b + i, w0, w1, size, to); });
      });
}

// Both axes at once.
HWY_INLINE void ResizeAtOnceRows(const ResizeCall<float>& call, size_t begin, size_t end) {
  const ImageView<const float>& x = call.x;
  const ImageView<float>& y = call.y;
  const size_t last_row = x.h - 1, last_column = x.w - 1;
  ResizeColumns<float> columns;
  ResizeRows rows;
  ResizeNeighbours gathered[2];  // of rows of x with even and with odd numbers
  size_t held[2], channel = 0;

  const auto gather = [&](size_t image, size_t row) -> const ResizeNeighbours& {
    ResizeNeighbours& to = gathered[row % 2];
    if (held[row % 2] == row) return to;
    held[row % 2] = row;
    GatherNeighbours(columns, x.Pixel(image, row, 0) + channel, x.pixel_stride, to);
    return to;
  };
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t count, size_t first_channel) {
        channel = first_channel;
        columns.count = count;
        columns.channels = HWY_MIN(kResizeBlock, y.c - channel);
        float w0[kResizeBlock], w1[kResizeBlock];
        FindAllNeighbours(call.columns, column, count, columns.pixel, w0, w1);
        for (size_t u = 0; u < count; ++u) columns.right[u] = columns.pixel[u] < last_column ? 1 : 0;
        PrepareColumns(columns, w0, w1, x.pixel_stride, hn::Lanes(DF32()));
      },
      [&] { held[0] = held[1] = kNoRow; },
      [&](size_t image, size_t v, size_t column) {
        const size_t at = rows.Place(v, y.h, [&](size_t first, size_t count) {
          FindAllNeighbours(call.rows, first, count, rows.pixel, rows.w0, rows.w1);
        });
        const size_t row = rows.pixel[at], next = row + (row < last_row ? 1 : 0);
        const float w0 = rows.w0[at], w1 = rows.w1[at];
        float* const to = y.Pixel(image, v, column) + channel;
        if (columns.gather == ResizeGather::kChannels) {
          MixCorners(columns, x.Pixel(image, row, 0) + channel, x.Pixel(image, next, 0) + channel, w0, w1, last_column,
                     x.pixel_stride, to, y.pixel_stride);
          return;
        }
        const ResizeNeighbours &upper = gather(image, row), &lower = gather(image, next);
        StorePixels(y, to, columns.count, columns.channels, [&](size_t i, size_t size, float* pixels) {
          MixNeighbours(columns, upper, lower, w0, w1, i, size, pixels);
        });
      });
}

template <class T>
HWY_INLINE void ResizeNearestRows(const ResizeCall<T>& call, size_t begin, size_t end) {
  const ImageView<const T>& x = call.x;
  const ImageView<T>& y = call.y;
  NearestColumns columns;
  ResizeRows rows;
  alignas(64) T gathered[NearestColumns::kPadded];  // a row of x at y's width
  size_t held = kNoRow, channel = 0;
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t count, size_t first_channel) {
        channel = first_channel;
        columns.count = count;
        columns.channels = HWY_MIN(kResizeBlock, y.c - channel);
        FindNearest(call.columns, column, count, columns.pixel);
        PrepareNearest(columns, sizeof(T), x.pixel_stride, hn::Lanes(NearestTag()) == NearestColumns::kBlock);
      },
      [&] { held = kNoRow; },
      [&](size_t image, size_t v, size_t column) {
        const size_t at =
            rows.Place(v, y.h, [&](size_t first, size_t count) { FindNearest(call.rows, first, count, rows.pixel); });
        if (held != rows.pixel[at]) {
          held = rows.pixel[at];
          GatherPixels(columns, x.Pixel(image, held, 0) + channel, x.pixel_stride, gathered);
        }
        StorePixels(y, y.Pixel(image, v, column) + channel, columns.count, columns.channels,
                    [&](size_t i, size_t size, T* to) { CopyElements(gathered + i, size, to); });
      });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
