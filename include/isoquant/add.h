// Public layer: sums and products of matrices, element by element: residuals, gates.
#ifndef ISOQUANT_ADD_H_
#define ISOQUANT_ADD_H_

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// Add: y(r, c) = a(r, c) + b(r, c); Multiply: y(r, c) = a(r, c) * b(r, c).
//   * One IEEE-754 binary32 operation, rounded to nearest even. 16-bit floats are computed with as f32, and the result
//     is rounded once more, to nearest even. (Of bf16 and f16 f32 has more than twice the bits, and two: so that is
//     what one rounding of the exact result gives, but where bf16 underflows.) A NaN is 7fc00000, 7fc0 (bf16), 7e00
//     (f16).
//   * The caller's rounding mode, flush-to-zero bits and unmasked exceptions do not matter.
//   * Rows may have any length, stride and alignment; any size may be 0. y may be a or b (the same data and stride), or
//     both. Else it must not overlap them.
//   * Errors: kMismatch (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap. Nothing is written on error.
ISOQUANT_API Status Add(Context& context, const MatrixView<const float>& a, const MatrixView<const float>& b,
                        const MatrixView<float>& y);
ISOQUANT_API Status Add(Context& context, const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
                        const MatrixView<BFloat16>& y);
ISOQUANT_API Status Add(Context& context, const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
                        const MatrixView<Float16>& y);
ISOQUANT_API Status Multiply(Context& context, const MatrixView<const float>& a, const MatrixView<const float>& b,
                             const MatrixView<float>& y);
ISOQUANT_API Status Multiply(Context& context, const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
                             const MatrixView<BFloat16>& y);
ISOQUANT_API Status Multiply(Context& context, const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
                             const MatrixView<Float16>& y);

}  // namespace isoquant

#endif  // ISOQUANT_ADD_H_
