// Sources: the windows of a convolution, gathered from images on their way to Tile.
//
// A window is kernel_h rows of kernel_w pixels. Where these touch in memory (no dilation, and no gap between pixels), a
// row of the kernel is one run of bytes; else each pixel is one. Pixels beside the image are runs of a line of padding.
// Neither the windows nor an image with its border ever lies in memory.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_WINDOW_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_WINDOW_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_WINDOW_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_WINDOW_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/sources/image_windows.h"
#include "isoquant/inl/sources/row_writer-inl.h"
#include "isoquant/inl/util/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Row m is window number first + m. A is int8_t or uint8_t.
template <class A>
class WindowRows : public RowFiller<A> {
 public:
  explicit WindowRows(const ImageWindows<A>& windows)
      : RowFiller<A>(windows.count, windows.RowSize(), nullptr, &Arrange),
        windows_(windows),
        touching_(windows.geometry.dilation_w == 1 && windows.x.pixel_stride == windows.x.c) {
    std::memset(padding_, static_cast<uint8_t>(windows.padding), kLine);
  }

 private:
  static constexpr size_t kLine = 256;  // bytes of padding that are written at a time

  static HWY_NOINLINE void Arrange(const RowFiller<A>& filler, size_t row, size_t rows, bool, const ArrangedForm& form,
                                   void* out) {
    const WindowRows& self = static_cast<const WindowRows&>(filler);
    if (form.wide) {
      self.Gather(row, rows, RowWriter<A, int16_t>(form, rows, out));
    } else {
      self.Gather(row, rows, RowWriter<A, uint8_t>(form, rows, out));
    }
  }

  template <class To>
  HWY_INLINE void Gather(size_t row, size_t rows, RowWriter<A, To> to) const {
    const ImageWindows<A>& w = windows_;
    const size_t number = w.first + row, row_number = number / w.out_w;
    size_t column = number - row_number * w.out_w, image = row_number / w.out_h;
    size_t line = row_number - image * w.out_h;
    const A* data = w.x.data + image * w.x.image_stride;
    for (size_t r = 0; r < rows; ++r) {
      to.BeginRow(r);
      if (touching_) {
        GatherRuns(data, line, column, to);
      } else {
        GatherPixels(data, line, column, to);
      }
      to.EndRow();
      if (++column != w.out_w) continue;
      column = 0;
      if (++line != w.out_h) continue;
      line = 0;
      data += w.x.image_stride;
    }
  }

  // The row of the image that row `r` of the kernel sees: any number from x.h on if there is none. (Sizes are such that
  // h + pad_top does not wrap.)
  HWY_INLINE size_t ImageRow(size_t line, size_t r) const {
    const Conv2dGeometry& g = windows_.geometry;
    return line * g.stride_h + r * g.dilation_h - g.pad_top;
  }

  // Of a row of the kernel the pixels [lo, hi) lie in the image.
  template <class To>
  HWY_INLINE void GatherRuns(const A* image, size_t line, size_t column, RowWriter<A, To>& to) const {
    const ImageView<const A>& x = windows_.x;
    const Conv2dGeometry& g = windows_.geometry;
    const size_t begin = column * g.stride_w, end_of_image = g.pad_left + x.w;
    const size_t lo = begin < g.pad_left ? Min(g.pad_left - begin, g.kernel_w) : 0;
    const size_t hi = begin < end_of_image ? Min(end_of_image - begin, g.kernel_w) : lo;
    const size_t offset = (begin + lo - g.pad_left) * x.c;
    for (size_t r = 0; r < g.kernel_h; ++r) {
      const size_t y = ImageRow(line, r);
      if (y >= x.h || lo == hi) {
        AppendPadding(g.kernel_w * x.c, to);
      } else if (hi - lo == g.kernel_w) {
        Append(image + y * x.row_stride + offset, g.kernel_w * x.c, to);
      } else {
        AppendPadding(lo * x.c, to);
        Append(image + y * x.row_stride + offset, (hi - lo) * x.c, to);
        AppendPadding((g.kernel_w - hi) * x.c, to);
      }
    }
  }

  template <class To>
  HWY_INLINE void GatherPixels(const A* image, size_t line, size_t column, RowWriter<A, To>& to) const {
    const ImageView<const A>& x = windows_.x;
    const Conv2dGeometry& g = windows_.geometry;
    for (size_t r = 0; r < g.kernel_h; ++r) {
      const size_t y = ImageRow(line, r);
      if (y >= x.h) {
        AppendPadding(g.kernel_w * x.c, to);
        continue;
      }
      const A* const row = image + y * x.row_stride;
      for (size_t s = 0; s < g.kernel_w; ++s) {
        const size_t pixel = column * g.stride_w + s * g.dilation_w - g.pad_left;
        if (pixel < x.w) {
          Append(row + pixel * x.pixel_stride, x.c, to);
        } else {
          AppendPadding(x.c, to);
        }
      }
    }
  }

  template <class To>
  static HWY_INLINE void Append(const A* from, size_t n, RowWriter<A, To>& to) {
    to.Append(reinterpret_cast<const uint8_t*>(from), n);
  }
  template <class To>
  HWY_INLINE void AppendPadding(size_t n, RowWriter<A, To>& to) const {
    for (; n > kLine; n -= kLine) to.Append(padding_, kLine);
    if (n != 0) to.Append(padding_, n);
  }

  const ImageWindows<A> windows_;
  const bool touching_;
  alignas(64) uint8_t padding_[kLine];
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
