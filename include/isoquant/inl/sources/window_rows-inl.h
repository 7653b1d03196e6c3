// Sources: the windows of a convolution, gathered from images on their way to Tile.
//
// A window is kernel_h rows of kernel_w pixels. Where these touch in memory (no dilation, and no gap between pixels), a
// row of the kernel is one run of bytes; else each pixel is one. Pixels beside the image are runs of a line of padding.
// Neither the windows nor an image with its border ever lies in memory.
//
// Short runs (3 channels: 9 or 21 bytes) of windows within the image are copied by whole vectors, the next run over
// what was too much, to a few lines in L1, and from there in whole pieces.
//
// Policies that read windows where pixels lie (WindowTile in isa/tile-inl.h) never ask for rows, but for products with
// sums of rows and for very wide or unusual windows: see engine/window_plan-inl.h.

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
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/row_source.h"
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
        touching_(windows.geometry.dilation_w == 1 && windows.x.pixel_stride == windows.x.c),
        run_(windows.geometry.kernel_w * windows.x.c),
        short_(touching_ && run_ <= kShortRun && windows.RowSize() <= kShortRow) {
    const ImageView<const A>& x = windows.x;
    const Conv2dGeometry& g = windows.geometry;
    const size_t vector = VectorBytes();
    too_much_ = (vector - run_ % vector) % vector;
    const size_t pixels_less = x.c == 0 ? 0 : (too_much_ + x.c - 1) / x.c;
    first_copied_ = (g.pad_left + g.stride_w - 1) / g.stride_w;
    end_copied_ = EndColumn(x.w, g);
    end_copied_last_ = EndColumn(x.w < pixels_less ? 0 : x.w - pixels_less, g);
    std::memset(padding_, static_cast<uint8_t>(windows.padding), kLine);
    this->windows = &windows_;
  }

 private:
  static constexpr size_t kLine = 256;  // bytes of padding that are written at a time
  // Bytes of runs, and of windows, that are copied by whole vectors; windows at a time; bytes of runs that are put in
  // their places. (Longer runs are slower so: 192 bytes take 5 % more time.)
  static constexpr size_t kShortRun = 128, kShortRow = 832, kWindows = 8, kPlaced = 16;

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
    for (size_t r = 0; r < rows;) {
      size_t done = short_ ? Min(rows - r, CountCopied(line, column)) : 0;
      if (done != 0) {
        CopyWindows(data, line, column, r, done, to);
      } else {
        done = 1;
        to.BeginRow(r);
        if (touching_) {
          GatherRuns(data, line, column, to);
        } else {
          GatherPixels(data, line, column, to);
        }
        to.EndRow();
      }
      r += done;
      column += done;
      if (column != w.out_w) continue;
      column = 0;
      if (++line != w.out_h) continue;
      line = 0;
      data += w.x.image_stride;
    }
  }

  // The windows from `column` on that lie within the image, and are followed by elements of it for as long as the last
  // vector of a run reads.
  HWY_INLINE size_t CountCopied(size_t line, size_t column) const {
    const ImageView<const A>& x = windows_.x;
    const Conv2dGeometry& g = windows_.geometry;
    const size_t top = line * g.stride_h - g.pad_top, bottom = top + (g.kernel_h - 1) * g.dilation_h;  // top wraps
    if (line * g.stride_h < g.pad_top || bottom >= x.h || column < first_copied_) return 0;
    // Rows without gaps follow one another.
    const size_t row = x.w * x.c;
    const bool more_follows = x.row_stride == row && (x.h - 1 - bottom) * row >= too_much_;
    const size_t end = Min(more_follows ? end_copied_ : end_copied_last_, windows_.out_w);
    return column < end ? end - column : 0;
  }
  // The end of the columns whose windows are in the first `pixels` pixels of a row.
  static size_t EndColumn(size_t pixels, const Conv2dGeometry& g) {
    return pixels < g.kernel_w ? 0 : (pixels - g.kernel_w + g.pad_left) / g.stride_w + 1;
  }

  template <class To>
  HWY_INLINE void CopyWindows(const A* image, size_t line, size_t column, size_t r, size_t count,
                              RowWriter<A, To>& to) const {
    const ImageView<const A>& x = windows_.x;
    const Conv2dGeometry& g = windows_.geometry;
    const uint8_t* from = reinterpret_cast<const uint8_t*>(image + (line * g.stride_h - g.pad_top) * x.row_stride +
                                                           (column * g.stride_w - g.pad_left) * x.c);
    const size_t step = g.stride_w * x.c, row_step = g.dilation_h * x.row_stride;
    if (run_ <= kPlaced && to.CanPutRuns(run_ * (g.kernel_h - 1) + kPlaced)) {
      for (size_t i = 0; i < count; ++i, from += step) to.PutRuns(r + i, from, row_step, g.kernel_h, run_);
    } else if (run_ <= 16) {
      CopyThroughLines<16>(from, step, row_step, r, count, to);
    } else if (run_ <= 32) {
      CopyThroughLines<32>(from, step, row_step, r, count, to);
    } else {
      CopyThroughLines<64>(from, step, row_step, r, count, to);
    }
  }
  // The bytes of those vectors.
  HWY_INLINE size_t VectorBytes() const {
    return Min(run_ <= 16 ? 16 : run_ <= 32 ? 32 : 64, hn::Lanes(hn::ScalableTag<uint8_t>()));
  }

  template <size_t kBytes, class To>
  HWY_INLINE void CopyThroughLines(const uint8_t* from, size_t step, size_t row_step, size_t r, size_t count,
                                   RowWriter<A, To>& to) const {
    const hn::CappedTag<uint8_t, kBytes> d;
    const size_t lanes = hn::Lanes(d), end = run_ * windows_.geometry.kernel_h;
    alignas(64) uint8_t copied[kWindows][kShortRow + 64];
    for (size_t begin = 0; begin < count; begin += kWindows) {
      const size_t now = Min(count - begin, kWindows);
      for (size_t i = 0; i < now; ++i, from += step) {
        const uint8_t* run = from;
        for (uint8_t *at = copied[i], *stop = at + end; at != stop; at += run_, run += row_step) {
          for (size_t j = 0; j < run_; j += lanes) hn::StoreU(hn::LoadU(d, run + j), d, at + j);
        }
      }
      for (size_t i = 0; i < now; ++i) to.Put(r + begin + i, copied[i], end);
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
  const size_t run_;  // bytes of a row of the kernel
  const bool short_;
  // Columns of outputs whose windows are copied by vectors: in general, and where no elements follow the last row.
  size_t first_copied_, end_copied_, end_copied_last_, too_much_;  // bytes behind a run that its vectors read
  alignas(64) uint8_t padding_[kLine];
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
