// Sources: rows that are lists of segments, gathered on their way to Tile: the windows of a convolution, say.
//
// A convolution of H x W x C images with R x S kernels has a row for each output position: the window that it sees, as
// R S segments of C elements, segment (r, s) of output (y, x) beginning at pixel
// (y * stride - padding + r * dilation, x * stride - padding + s * dilation). Pixels outside the image are one line of
// C zero points, which the caller owns and all of them point to. K is R S C, and the weights are a K x N matrix in the
// same order. Neither the windows nor a copy of the image with a border ever lies in memory. The table of pointers is
// made once for a shape and image buffer; it can hold the windows of a few output rows at a time.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_SEGMENTED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_SEGMENTED_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_SEGMENTED_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_SEGMENTED_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/sources/row_writer-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// a(m, s * segment_k + i) = pointers[m * segments + s][i], 0 <= s < segments, 0 <= i < segment_k. A is int8_t or
// uint8_t. Segments may overlap, within a row and between rows; no byte outside one is read. Pointers and elements must
// stay as they are during the product, and none of them may lie in its output.
template <class A>
class SegmentedRows : public RowFiller<A> {
 public:
  SegmentedRows(const A* const* pointers, size_t rows, size_t segments, size_t segment_k)
      : RowFiller<A>(rows, segments * segment_k, nullptr, &Arrange),
        pointers_(pointers),
        segments_(segments),
        segment_k_(segment_k) {}

 private:
  static HWY_NOINLINE void Arrange(const RowFiller<A>& filler, size_t row, size_t rows, bool, const ArrangedForm& form,
                                   void* out) {
    const SegmentedRows& self = static_cast<const SegmentedRows&>(filler);
    if (form.wide) {
      self.Gather(row, rows, RowWriter<A, int16_t>(form, rows, out));
    } else {
      self.Gather(row, rows, RowWriter<A, uint8_t>(form, rows, out));
    }
  }

  template <class To>
  HWY_INLINE void Gather(size_t row, size_t rows, RowWriter<A, To> to) const {
    const A* const* pointer = pointers_ + row * segments_;
    for (size_t r = 0; r < rows; ++r) {
      to.BeginRow(r);
      for (const A* const* const end = pointer + segments_; pointer != end;) {
        // Neighbours in memory are one run: kernel positions in a row of the image, say.
        const A* const begin = *pointer;
        size_t n = segment_k_;
        while (++pointer != end && *pointer == begin + n) n += segment_k_;
        to.Append(reinterpret_cast<const uint8_t*>(begin), n);
      }
      to.EndRow();
    }
  }

  const A* const* const pointers_;
  const size_t segments_, segment_k_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
