// Public layer: how a caller describes memory that it owns.
#ifndef ISOQUANT_MATRIX_VIEW_H_
#define ISOQUANT_MATRIX_VIEW_H_

#include <cstddef>
#include <type_traits>

namespace isoquant {

// A row-major matrix in the caller's memory: element (r, c) is data[r * row_stride + c]. Strides count elements. A row
// may start at any address that suits T. Nothing outside the `cols` elements of each row is read or written. So a view
// may be a window into a larger matrix, and its last row may end at the end of the allocation. Two views overlap if
// they have a byte of an element in common. Windows of one buffer that share no element do not overlap: they may be
// input and output of one call.
//
// Rows of a view that is only read may overlap one another: row_stride may be less than cols, and 0. With stride 1 the
// rows are the windows of a signal; with stride 0 one row stands for all. Rows of outputs and of plain weights lie
// apart: kTooSmall otherwise. A view without rows or columns needs no memory, and the stride of a single row does not
// matter.
template <class T>
struct MatrixView {
  T* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  size_t row_stride = 0;

  constexpr MatrixView() = default;
  constexpr MatrixView(T* data_in, size_t rows_in, size_t cols_in) : MatrixView(data_in, rows_in, cols_in, cols_in) {}
  constexpr MatrixView(T* data_in, size_t rows_in, size_t cols_in, size_t row_stride_in)
      : data(data_in), rows(rows_in), cols(cols_in), row_stride(row_stride_in) {}

  // A writable view is a readable one.
  template <class U, std::enable_if_t<std::is_same<const U, T>::value && !std::is_const<U>::value, int> = 0>
  constexpr MatrixView(const MatrixView<U>& other)  // NOLINT: implicit on purpose
      : MatrixView(other.data, other.rows, other.cols, other.row_stride) {}

  constexpr T* Row(size_t r) const { return data + r * row_stride; }
  constexpr bool empty() const { return rows == 0 || cols == 0; }
  // `count` rows from `begin` on.
  constexpr MatrixView Rows(size_t begin, size_t count) const { return {Row(begin), count, cols, row_stride}; }
};

// `size` consecutive elements in the caller's memory.
template <class T>
struct VectorView {
  T* data = nullptr;
  size_t size = 0;

  constexpr VectorView() = default;
  constexpr VectorView(T* data_in, size_t size_in) : data(data_in), size(size_in) {}

  template <class U, std::enable_if_t<std::is_same<const U, T>::value && !std::is_const<U>::value, int> = 0>
  constexpr VectorView(const VectorView<U>& other)  // NOLINT: implicit on purpose
      : VectorView(other.data, other.size) {}
};

}  // namespace isoquant

#endif  // ISOQUANT_MATRIX_VIEW_H_
