// Public layer: how a caller describes many matrices of one shape.
#ifndef ISOQUANT_MATRIX_BATCH_H_
#define ISOQUANT_MATRIX_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/matrix_view.h"
#include "isoquant/weight_matrix.h"
#include "isoquant/weights.h"

namespace isoquant {

// `count` matrices in the caller's memory: element (r, c) of matrix i is data[i * batch_stride + r * row_stride + c].
// Strides count elements. What MatrixView says of one matrix holds for each: nothing outside the `cols` elements of
// each row is read or written.
//
// Matrices that are only read may overlap one another: with batch_stride 0 one matrix stands for all. Those of outputs
// lie apart. Either they follow each other: batch_stride is at least what a matrix takes, from its first element to
// its last. Or their rows take turns, as heads do in [rows, heads, cols]: batch_stride is at least cols, and row_stride
// at least (count - 1) * batch_stride + cols. A batch without elements needs no memory, and the batch stride of a
// single matrix does not matter.
template <class T>
struct MatrixBatch {
  T* data = nullptr;
  size_t count = 0;
  size_t rows = 0;
  size_t cols = 0;
  size_t row_stride = 0;
  size_t batch_stride = 0;

  constexpr MatrixBatch() = default;
  // Without gaps.
  constexpr MatrixBatch(T* data_in, size_t count_in, size_t rows_in, size_t cols_in)
      : MatrixBatch(data_in, count_in, rows_in, cols_in, cols_in, rows_in * cols_in) {}
  constexpr MatrixBatch(T* data_in, size_t count_in, size_t rows_in, size_t cols_in, size_t row_stride_in,
                        size_t batch_stride_in)
      : data(data_in),
        count(count_in),
        rows(rows_in),
        cols(cols_in),
        row_stride(row_stride_in),
        batch_stride(batch_stride_in) {}
  // One matrix.
  constexpr explicit MatrixBatch(const MatrixView<T>& view)
      : MatrixBatch(view.data, 1, view.rows, view.cols, view.row_stride, 0) {}

  // A writable batch is a readable one.
  template <class U, std::enable_if_t<std::is_same<const U, T>::value && !std::is_const<U>::value, int> = 0>
  constexpr MatrixBatch(const MatrixBatch<U>& other)  // NOLINT: implicit on purpose
      : MatrixBatch(other.data, other.count, other.rows, other.cols, other.row_stride, other.batch_stride) {}

  constexpr MatrixView<T> At(size_t i) const { return {data + i * batch_stride, rows, cols, row_stride}; }
  constexpr bool empty() const { return count == 0 || rows == 0 || cols == 0; }
};

// The weights of a batch of products, by reference: of one shape and type, packed or plain. One matrix serves all
// products, or one each; or each serves a group of consecutive products, as heads of grouped-query attention share keys
// and values: of `count()` matrices, product i of P takes matrix i / (P / count()), and count() must divide P.
class WeightsBatch {
 public:
  // One for all products.
  WeightsBatch(const PackedWeights& shared) : is_packed_(true), packed_(&shared), count_(1) {}  // NOLINT: implicit
  WeightsBatch(KxN shared) : plain_(shared.values), count_(1) {}                                // NOLINT
  WeightsBatch(NxK shared) : plain_(shared.values), is_transposed_(true), count_(1) {}          // NOLINT
  // `each.size` of them.
  WeightsBatch(VectorView<const PackedWeights> each)  // NOLINT
      : is_packed_(true), packed_(each.data), count_(each.size) {}
  // `count` of them: the first, and each next one batch_stride elements after the one before. With batch_stride 0 the
  // first serves all products.
  WeightsBatch(KxN first, size_t count, size_t batch_stride)
      : plain_(first.values), batch_stride_(batch_stride), count_(batch_stride == 0 && count != 0 ? 1 : count) {}
  WeightsBatch(NxK first, size_t count, size_t batch_stride) : WeightsBatch(KxN{first.values}, count, batch_stride) {
    is_transposed_ = true;
  }

  size_t count() const { return count_; }
  bool is_packed() const { return is_packed_; }
  const PackedWeights* packed() const { return packed_; }  // count() of them, if is_packed()
  const WeightMatrix& plain() const { return plain_; }     // the first, if not
  bool transposed() const { return is_transposed_; }       // plain ones are N x K
  size_t batch_stride() const { return batch_stride_; }

  // Matrix i < count().
  WeightsRef At(size_t i) const {
    if (is_packed_) return WeightsRef(packed_[i]);
    WeightMatrix matrix = plain_;
    matrix.data = static_cast<const uint8_t*>(plain_.data) + i * batch_stride_ * (BitsOf(plain_.type) / 8);
    return is_transposed_ ? WeightsRef(NxK{matrix}) : WeightsRef(KxN{matrix});
  }

 private:
  bool is_packed_ = false;
  const PackedWeights* packed_ = nullptr;
  WeightMatrix plain_;
  bool is_transposed_ = false;
  size_t batch_stride_ = 0, count_;
};

// What products of a batch are told beside their operands: one for all of them, or one each. A reference: it must not
// outlive what it was made of.
template <class T>
class PerProduct {
 public:
  PerProduct(const T& one) : data_(&one) {}  // NOLINT: implicit on purpose
  PerProduct(VectorView<const T> each) : data_(each.data), each_size_(each.size), is_one_(false) {}  // NOLINT

  bool is_one() const { return is_one_; }
  size_t size() const { return is_one_ ? 1 : each_size_; }
  const T* data() const { return data_; }
  const T& At(size_t product) const { return data_[is_one_ ? 0 : product]; }

 private:
  const T* data_;
  size_t each_size_ = 0;
  bool is_one_ = true;
};

}  // namespace isoquant

#endif  // ISOQUANT_MATRIX_BATCH_H_
