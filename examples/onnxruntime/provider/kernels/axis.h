// Layer 5: tensors as matrices: of all elements, or around an axis.
#ifndef ISOQUANT_PROVIDER_KERNELS_AXIS_H_
#define ISOQUANT_PROVIDER_KERNELS_AXIS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/matrix_view.h"
#include "kernels/kernel.h"

namespace isoquant_provider {

// A row-major tensor as outer x size x inner, where `size` is that of the axis. A negative axis counts from the end.
// A tensor of one dimension has no other axis, whatever `axis` says.
struct AxisView {
  AxisView(const Dims& dims, int64_t axis);
  // Throws unless `count` elements, called `name`, are one for each index of the axis.
  void CheckSize(const char* name, size_t count) const;

  size_t outer, size, inner;
};

// Calls columns(x, y) if the axis is the last one, so that its indices are those of columns. Else rows(x, y) of each
// matrix whose rows they are.
template <class X, class Y, class Columns, class Rows>
void AlongAxis(const AxisView& axis, const X* x, Y* y, const Columns& columns, const Rows& rows) {
  using From = isoquant::MatrixView<const X>;
  using To = isoquant::MatrixView<Y>;
  if (axis.inner == 1) return columns(From(x, axis.outer, axis.size), To(y, axis.outer, axis.size));
  const size_t matrix = axis.size * axis.inner;
  for (size_t i = 0; i < axis.outer; ++i, x += matrix, y += matrix) {
    rows(From(x, axis.size, axis.inner), To(y, axis.size, axis.inner));
  }
}

// Rows of a matrix of `count` elements in any order: enough of them for all threads.
template <class T>
isoquant::MatrixView<T> InRows(T* data, size_t count) {
  constexpr size_t kRow = 4096;
  if (count % kRow == 0) return {data, count / kRow, kRow};
  size_t row = kRow;
  while (row > 64 && count % row != 0) --row;
  return count % row == 0 ? isoquant::MatrixView<T>(data, count / row, row) : isoquant::MatrixView<T>(data, 1, count);
}

// All elements of a value, in the form in which it is there.
template <class T = float>
isoquant::MatrixView<const T> AllElements(Frame& frame, int value) {
  const T* const data = frame.IsImageOnly(value) ? frame.Image<T>(value).data : frame.Plain<T>(value);
  return InRows(data, Count(frame.DimsOf(value)));
}

// Makes the value `y` with the dimensions and the form of `x`.
template <class T>
isoquant::MatrixView<T> NewElements(Frame& frame, int x, int y) {
  const Dims dims = frame.DimsOf(x);
  T* const data = frame.IsImageOnly(x) ? frame.NewImage<T>(y, dims).data : frame.NewPlain<T>(y, dims);
  return InRows(data, Count(dims));
}

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_AXIS_H_
