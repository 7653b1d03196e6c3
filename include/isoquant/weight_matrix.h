// Public layer: plain weights: how a caller describes values that are not packed.
#ifndef ISOQUANT_WEIGHT_MATRIX_H_
#define ISOQUANT_WEIGHT_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/element_type.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

// The C++ types of weights. A further type joins here, and in ForWeightType of src/pack.h.
template <class T>
inline constexpr bool kIsWeight = std::is_same<T, int8_t>::value || std::is_same<T, uint8_t>::value ||
                                  std::is_same<T, float>::value || std::is_same<T, BFloat16>::value;

// A MatrixView of weights that knows their type at run time: element (r, c) is data[r * row_stride + c], where `data`
// is a pointer to elements of `type`. It is made like a MatrixView: {pointer, rows, cols} or {pointer, rows, cols,
// row_stride}, with a pointer to int8_t, uint8_t, float or BFloat16.
struct WeightMatrix {
  const void* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  size_t row_stride = 0;  // in elements
  ElementType type = ElementType::kS8;

  template <class T>
  using IfWeight = std::enable_if_t<kIsWeight<std::remove_const_t<T>>, int>;

  constexpr WeightMatrix() = default;
  template <class T, IfWeight<T> = 0>
  constexpr WeightMatrix(T* data_in, size_t rows_in, size_t cols_in, size_t row_stride_in)
      : data(data_in),
        rows(rows_in),
        cols(cols_in),
        row_stride(row_stride_in),
        type(kElementType<std::remove_const_t<T>>) {}
  template <class T, IfWeight<T> = 0>
  constexpr WeightMatrix(T* data_in, size_t rows_in, size_t cols_in)
      : WeightMatrix(data_in, rows_in, cols_in, cols_in) {}
  template <class T, IfWeight<T> = 0>
  constexpr WeightMatrix(const MatrixView<T>& view)  // NOLINT: implicit on purpose
      : WeightMatrix(view.data, view.rows, view.cols, view.row_stride) {}
  // A null pointer without a type is one to int8_t.
  constexpr WeightMatrix(std::nullptr_t, size_t rows_in, size_t cols_in)
      : WeightMatrix(static_cast<const int8_t*>(nullptr), rows_in, cols_in) {}

  // The view of elements of type T, which `type` must be.
  template <class T>
  constexpr MatrixView<const T> As() const {
    return {static_cast<const T*>(data), rows, cols, row_stride};
  }
};

// The two ways in which plain weights lie in memory. KxN: row k holds the k-th value of each of the N columns (as
// mathematics writes A * B). NxK: row n holds the K values of column n (as frameworks store a linear layer:
// out_features x in_features). Write KxN{{pointer, k, n}} or KxN{view}, and NxK likewise.
struct KxN {
  WeightMatrix values;
};
struct NxK {
  WeightMatrix values;
};

}  // namespace isoquant

#endif  // ISOQUANT_WEIGHT_MATRIX_H_
