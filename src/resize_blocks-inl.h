// Support: the walk of resizing over rows of y. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#undef ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#else
#define ISOQUANT_SRC_RESIZE_BLOCKS_INL_H_
#endif

#include "isoquant/inl/functions/resize-inl.h"
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
};

// from: elements behind one another; to: pixels of y.
template <class T, class Store>
HWY_INLINE void StorePixels(const ImageView<T>& y, T* to, size_t count, size_t channels, const Store& store) {
  if (y.pixel_stride == channels) return store(size_t{0}, count * channels, to);
  for (size_t u = 0; u < count; ++u) store(u * channels, channels, to + u * y.pixel_stride);
}

template <class T>
HWY_INLINE void ResizeLinearRows(const ResizeCall<T>& call, size_t begin, size_t end) {
  const ImageView<const T>& x = call.x;
  const ImageView<T>& y = call.y;
  ResizeColumns columns;
  ResizeRows rows;
  ResizeScratch scratch;
  alignas(64) float mixed[2][ResizeColumns::kPadded];  // rows of x at y's width: those of even and of odd numbers
  size_t held[2], channel = 0;

  const auto mix = [&](size_t image, size_t row) -> const float* {
    float* const to = mixed[row % 2];
    if (held[row % 2] != row) MixColumns(columns, x.Pixel(image, row, 0) + channel, x.pixel_stride, scratch, to);
    held[row % 2] = row;
    return to;
  };
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t count, size_t first_channel) {
        channel = first_channel;
        columns.count = count;
        columns.channels = HWY_MIN(kResizeBlock, y.c - channel);
        FindNeighbours(call.columns, column, count, columns.pixel, columns.w0, columns.w1);
        PrepareColumns(columns, x.pixel_stride, std::is_same<T, float>::value ? ~size_t{0} : 2 * kResizeBlock);
      },
      [&] { held[0] = held[1] = kNoRow; },
      [&](size_t image, size_t v, size_t column) {
        if (v < rows.begin || v >= rows.end) {
          rows.begin = v / ResizeRows::kCount * ResizeRows::kCount;
          rows.end = HWY_MIN(y.h, rows.begin + ResizeRows::kCount);
          FindNeighbours(call.rows, rows.begin, rows.end - rows.begin, rows.pixel, rows.w0, rows.w1);
        }
        const size_t at = v - rows.begin;
        const float w0 = rows.w0[at], w1 = rows.w1[at];
        const float* const a = mix(image, rows.pixel[at]);
        const float* const b = w1 == 0.0f ? a : mix(image, rows.pixel[at] + 1);
        StorePixels(y, y.Pixel(image, v, column) + channel, columns.count, columns.channels,
                    [&](size_t i, size_t size, T* to) { MixRows(a + i, b + i, w0, w1, size, to); });
      });
}

// Both axes at once.
HWY_INLINE void ResizeAtOnceRows(const ResizeCall<float>& call, size_t begin, size_t end) {
  const ImageView<const float>& x = call.x;
  const ImageView<float>& y = call.y;
  ResizeColumns columns;
  size_t channel = 0;
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t count, size_t first_channel) {
        channel = first_channel;
        columns.count = count;
        columns.channels = HWY_MIN(kResizeBlock, y.c - channel);
        FindAllNeighbours(call.columns, column, count, columns.pixel, columns.w0, columns.w1);
      },
      [] {},
      [&](size_t image, size_t v, size_t column) {
        size_t pixel = 0;
        ResizeCorners corners;
        FindAllNeighbours(call.rows, v, 1, &pixel, &corners.w0, &corners.w1);
        corners.upper = x.Pixel(image, pixel, 0) + channel;
        corners.lower = x.Pixel(image, pixel + (pixel + 1 < x.h ? 1 : 0), 0) + channel;
        corners.last_pixel = x.w - 1;
        MixCorners(columns, corners, x.pixel_stride, y.Pixel(image, v, column) + channel, y.pixel_stride);
      });
}

template <class T>
HWY_INLINE void ResizeNearestRows(const ResizeCall<T>& call, size_t begin, size_t end) {
  const ImageView<const T>& x = call.x;
  const ImageView<T>& y = call.y;
  alignas(64) T gathered[kResizeBlock];  // a row of x at y's width
  size_t pixel[kResizeBlock], held = kNoRow, channel = 0, count = 0, channels = 0;
  WalkRows(
      ResizeBlocks(y.w, y.c), y.w, y.n, y.h, begin, end,
      [&](size_t column, size_t columns, size_t first_channel) {
        channel = first_channel;
        channels = HWY_MIN(kResizeBlock, y.c - channel);
        count = columns;
        FindNearest(call.columns, column, count, pixel);
      },
      [&] { held = kNoRow; },
      [&](size_t image, size_t v, size_t column) {
        size_t row = 0;
        FindNearest(call.rows, v, 1, &row);
        if (held != row) {
          held = row;
          const T* const from = x.Pixel(image, row, 0) + channel;
          GatherPixels(from, x.pixel_stride, pixel, count, channels, gathered);
        }
        StorePixels(y, y.Pixel(image, v, column) + channel, count, channels,
                    [&](size_t i, size_t size, T* to) { CopyElements(gathered + i, size, to); });
      });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
