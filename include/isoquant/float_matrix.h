// Public layer: matrices of floats whose type is known at run time.
#ifndef ISOQUANT_FLOAT_MATRIX_H_
#define ISOQUANT_FLOAT_MATRIX_H_

#include <cstddef>

#include "isoquant/element_type.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

// A MatrixView of float, BFloat16 or Float16, in or out, as functions for all of these types hand it on to one that
// tells them apart: element (r, c) is data[r * row_stride + c], where `data` is a pointer to elements of `type`.
struct FloatMatrix {
  void* data;
  size_t rows, cols, row_stride;
  ElementType type;

  template <class T>
  constexpr explicit FloatMatrix(const MatrixView<T>& view)
      : data(view.data), rows(view.rows), cols(view.cols), row_stride(view.row_stride), type(kElementType<T>) {
    static_assert(!IsInteger(kElementType<T>), "float, BFloat16 or Float16");
  }
  // What is read only.
  template <class T>
  constexpr explicit FloatMatrix(const MatrixView<const T>& view)
      : FloatMatrix(MatrixView<T>(const_cast<T*>(view.data), view.rows, view.cols, view.row_stride)) {}

  // The view of elements of type T, which has as many bytes as `type`.
  template <class T>
  constexpr MatrixView<T> As() const {
    return {static_cast<T*>(data), rows, cols, row_stride};
  }
};

}  // namespace isoquant

#endif  // ISOQUANT_FLOAT_MATRIX_H_
