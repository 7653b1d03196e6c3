// Engine: where the rows of A come from. The same types for all targets.
#ifndef ISOQUANT_INL_ENGINE_ROW_SOURCE_H_
#define ISOQUANT_INL_ENGINE_ROW_SOURCE_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

// How a policy wants `rows` rows of bytes arranged: element i of row r is number
//   i / piece_k * piece_k * rows + r * piece_k + i % piece_k
// of the output, as a byte ^ flip, or, if `wide`, as an int16_t. There is memory for whole pieces. What follows the
// last element of a row, up to a multiple of kr, is read: it may be anything, because B is zero there. piece_k and kr
// are powers of two, and piece_k is a multiple of kr.
struct ArrangedForm {
  size_t piece_k, kr;
  uint8_t flip;
  bool wide;
};

// M rows of K elements that are in no matrix. Whoever makes them derives from this and writes them where the policy
// wants them. Both functions run under the float environment of the output stage.
template <class A>
struct RowFiller {
  // Finds out what must be known of rows before they are arranged: their scales, say. Null: nothing. The driver calls
  // it for products of which several workers arrange the same rows, before they do.
  using Prepare = void (*)(const RowFiller& filler, size_t row, size_t rows);
  // Writes rows [row, row + rows) to `out`, aligned to 64 bytes, and, if `prepares`, does the work of `prepare` before.
  // Without `prepares` several workers may ask for the same row at once. The driver finds row sums in what was written.
  using Arrange = void (*)(const RowFiller& filler, size_t row, size_t rows, bool prepares, const ArrangedForm& form,
                           void* out);

  RowFiller(size_t rows, size_t cols, Prepare prepare_in, Arrange arrange_in)
      : shape(nullptr, rows, cols), prepare(prepare_in), arrange(arrange_in) {}

  MatrixView<const A> shape;  // without data
  Prepare prepare;
  Arrange arrange;
  // If rows are windows of images: which. Policies that can read windows where they lie never ask for rows then.
  const ImageWindows<A>* windows = nullptr;
};

// Where A comes from, by reference: a matrix, which is read where it lies or arranged by the policy; or a filler.
//
// Weights with zero points need the sum over k of a(m, k), modulo 2^32, for each row m. `row_sums` asks for them: M
// elements, or null. Each is written once, before the output stage sees a tile with its row; none if there is no output
// at all (N is 0). A of integers alone.
template <class A>
struct RowSource {
  RowSource(const MatrixView<const A>& matrix_in, int32_t* row_sums_in = nullptr)  // NOLINT: implicit on purpose
      : matrix(matrix_in), row_sums(row_sums_in) {}
  explicit RowSource(const RowFiller<A>& filler_in, int32_t* row_sums_in = nullptr)
      : matrix(filler_in.shape), filler(&filler_in), row_sums(row_sums_in) {}

  RowSource WithoutSums() const { return filler == nullptr ? RowSource(matrix) : RowSource(*filler); }

  // A matrix, and no sums. (One question for two pointers: small products ask it.)
  bool IsPlain() const { return (reinterpret_cast<uintptr_t>(filler) | reinterpret_cast<uintptr_t>(row_sums)) == 0; }

  const MatrixView<const A>& matrix;  // sizes alone, if there is a filler
  const RowFiller<A>* filler = nullptr;
  int32_t* row_sums;
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_ROW_SOURCE_H_
