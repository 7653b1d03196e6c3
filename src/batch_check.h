// Support: checks of a batch's arguments, made once per call.
#ifndef ISOQUANT_SRC_BATCH_CHECK_H_
#define ISOQUANT_SRC_BATCH_CHECK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "isoquant/element_type.h"
#include "isoquant/matrix_batch.h"
#include "isoquant/status.h"
#include "src/check.h"
#include "src/each.h"

namespace isoquant {

// A MatrixBatch of elements of any type. (Strides count elements.)
struct BatchSpan {
  template <class T>
  BatchSpan(const MatrixBatch<T>& batch)  // NOLINT: implicit on purpose
      : data(batch.data),
        count(batch.count),
        rows(batch.rows),
        cols(batch.cols),
        row_stride(batch.row_stride),
        batch_stride(batch.batch_stride),
        element_bytes(sizeof(T)) {}
  // The plain matrices of b.
  explicit BatchSpan(const WeightsBatch& b);
  // So many bytes.
  BatchSpan(const void* bytes, size_t size);

  // Its bytes as views that have no gaps but between rows: one, or one for each matrix.
  size_t NumPieces() const;
  MatrixView<const uint8_t> Piece(size_t i) const;

  const void* data;
  size_t count, rows, cols, row_stride, batch_stride, element_bytes;
};

// What every batch of products must keep to. Weights have the type `b_type`; kS8 stands for u8, too.
Status CheckBatch(const BatchSpan& a, const WeightsBatch& b, const BatchSpan& c, ElementType b_type);

// Calls check(p, out) for each of the parameters, and for all bytes of c as `out`.
template <class P, class Function>
Status CheckParameters(const PerProduct<P>& parameters, const char* size_name, const char* data_name,
                       const BatchSpan& c, Function check) {
  if (!parameters.is_one()) {
    ISOQUANT_RETURN_IF_ERROR(CheckEqual(size_name, parameters.size(), "c.count", c.count));
    if (parameters.data() == nullptr && c.count != 0) {
      return Status(StatusCode::kNull, data_name, 0, "c.count", c.count);
    }
  }
  const size_t pieces = c.NumPieces();
  for (size_t i = 0; i < parameters.size(); ++i) {
    for (size_t piece = 0; piece < pieces; ++piece) {
      ISOQUANT_RETURN_IF_ERROR(check(parameters.At(i), Written("c", c.Piece(piece))));
    }
  }
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_BATCH_CHECK_H_
