// Support: what convolutions with any output share: checks, and the walk over the products that they are.
#ifndef ISOQUANT_SRC_CONVOLUTION_CALL_H_
#define ISOQUANT_SRC_CONVOLUTION_CALL_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/filter.h"
#include "isoquant/image_view.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"
#include "src/check.h"
#include "src/each.h"
#include "src/image.h"

namespace isoquant {

// The images and the filter. The arguments are called x, filter and y.
Status CheckConvolution(const ImageLayout& x, const PackedFilter& filter, const ImageLayout& y);

// One zero point of x, or none.
template <class A>
Status CheckImageZeroPoint(const VectorView<const int32_t>& v, const ViewNames& names, const Written& out) {
  if (v.size == 0) return Status();
  ISOQUANT_RETURN_IF_ERROR(CheckEach(v, names, {"1", 1}, out));
  return CheckImageZeroPoint<A>(names.whole, *v.data);
}

// Of a vector with one element for each output channel, one for all, or none: that for `count` channels from `begin`
// on.
template <class T>
VectorView<const T> SliceOf(const VectorView<const T>& v, size_t begin, size_t count) {
  return v.size <= 1 ? v : VectorView<const T>(v.data + begin, count);
}

// The rows of a product: windows, or, if `matrix` has elements, that matrix. Of a depthwise convolution, the windows of
// all channels.
template <class A>
struct ConvolutionRows {
  ImageWindows<A> windows;
  MatrixView<const A> matrix;
  bool is_depthwise = false;
};

// Whether windows are single pixels, one for each pixel of x, which lie at one distance.
template <class A>
bool AreWindowsPixels(const ImageView<const A>& x, const Conv2dGeometry& g) {
  return (g.kernel_h | g.kernel_w | g.stride_h | g.stride_w) == 1 &&
         (g.pad_top | g.pad_bottom | g.pad_left | g.pad_right) == 0 && FindPixelDistance(x).is_one;
}

// Weights with zero points need the sums of rows, which are kept while a product runs. So products have no more rows.
bool NeedsRowSums(const PackedFilter& filter, const VectorView<const int32_t>& zero_points);
inline constexpr size_t kMaxRowsWithSums = size_t{1} << 14;
// How the pixels of y are cut into products.
struct ProductCut {
  bool needs_row_sums;
  bool by_rows = false;  // of y, even if its pixels lie at one distance
};

// Calls run(rows, panels, column, c) for products that make all of y, which is not empty: rows times the panels of a
// group, whose first output channel is `column`, are c. A depthwise convolution is one group here. It stops at the
// first error.
template <class A, class Y, class Run>
Status ForEachProduct(const ImageView<const A>& x, A padding, const PackedFilter& filter, const ProductCut& cut,
                      const ImageView<Y>& y, const Run& run) {
  const Conv2dGeometry& geometry = filter.geometry();
  const bool is_depthwise = filter.is_depthwise();
  const size_t groups = is_depthwise ? 1 : geometry.groups;
  const size_t channels = filter.in_channels() / groups, outputs = filter.out_channels() / groups;
  ConvolutionRows<A> rows{{x, geometry, y.h, y.w, 0, 0, padding}, {}, is_depthwise};
  // Without pixels windows are padding, and nothing is computed from pointers and strides.
  if (x.empty()) rows.windows.x = {nullptr, x.n, 0, 0, x.c, 0, 0, 0};
  const bool are_pixels = !is_depthwise && !x.empty() && AreWindowsPixels(x, geometry);
  const size_t distance = FindPixelDistance(x).distance;
  const size_t max_rows = cut.needs_row_sums ? kMaxRowsWithSums : SIZE_MAX;
  return ForEachPiece(y, max_rows, cut.by_rows, [&](size_t first, const MatrixView<Y>& c) {
    rows.windows.first = first;
    rows.windows.count = c.rows;
    for (size_t group = 0; group < groups; ++group) {
      const A* const data = x.empty() ? nullptr : x.data + group * channels;
      rows.windows.x.data = data;
      rows.windows.x.c = channels;
      if (are_pixels) rows.matrix = {data + first * distance, c.rows, channels, distance};
      rows.windows.tap_sums = filter.GroupTapSums(group);
      const size_t column = group * outputs;
      ISOQUANT_RETURN_IF_ERROR(
          run(rows, filter.GroupPanels(group), column, MatrixView<Y>(c.data + column, c.rows, outputs, c.row_stride)));
    }
    return Status();
  });
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_CONVOLUTION_CALL_H_
