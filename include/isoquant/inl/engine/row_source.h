// Engine: where the rows of A come from. The same types for all targets.
#ifndef ISOQUANT_INL_ENGINE_ROW_SOURCE_H_
#define ISOQUANT_INL_ENGINE_ROW_SOURCE_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/matrix_view.h"

namespace isoquant {

// How a policy wants `rows` rows of bytes arranged: element i of row r is number
//   i / piece_k * piece_k * rows + r * piece_k + i % piece_k
// of the output, as a byte ^ flip, or, if `wide`, as an int16_t. The rows end with a whole piece; what lies in it
// behind the last element is 0 (before the flip or after it: B is 0 there).
struct ArrangedForm {
  size_t piece_k;  // a multiple of 4, and a power of two
  uint8_t flip;
  bool wide;
};

// Rows that are in no matrix. Whoever makes them derives from this and writes them where the policy wants them.
struct RowFiller {
  // What must be known of rows before they are arranged, and stays so: their scales, say. Or null. Called once for each
  // row, by any worker, before the first `arrange` of it.
  using Prepare = void (*)(const RowFiller& filler, size_t row, size_t rows);
  // Writes rows [row, row + rows) to `out`, aligned to 64 bytes. Several workers may ask for the same row, at once too.
  using Arrange = void (*)(const RowFiller& filler, size_t row, size_t rows, const ArrangedForm& form, void* out);

  RowFiller(Prepare prepare_in, Arrange arrange_in) : prepare(prepare_in), arrange(arrange_in) {}

  Prepare prepare;
  Arrange arrange;
};

// M rows of K elements of type A: a matrix, which is read where it lies or arranged by the policy, or what a filler
// makes. Both functions of a filler run under the float environment of the output stage.
template <class A>
struct RowSource {
  RowSource(const MatrixView<const A>& matrix_in) : matrix(matrix_in) {}  // NOLINT: implicit on purpose
  RowSource(const RowFiller& filler_in, size_t rows, size_t cols) : matrix(nullptr, rows, cols), filler(&filler_in) {}

  MatrixView<const A> matrix;  // sizes alone, if there is a filler
  const RowFiller* filler = nullptr;
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_ROW_SOURCE_H_
