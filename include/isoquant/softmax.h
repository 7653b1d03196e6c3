// Public layer: Softmax of rows.
#ifndef ISOQUANT_SOFTMAX_H_
#define ISOQUANT_SOFTMAX_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// y(r, c) = exp(scale x(r, c)) / sum(exp(scale x(r, .))), as follows:
//   m = the largest x of the row, or the least if scale < 0,   e(c) = exp((x(c) - m) * scale),
//   inverse = 1 / sum(e),   y(c) = e(c) * inverse.
//   * Every float step is one IEEE-754 binary32 operation, rounded to nearest even, in this order; exp is that of
//     activation.h. sum(e) runs over 64 lanes, each beginning with 0: e(c) is added to lane c % 64, in increasing c.
//     Then lane j + 32 is added to lane j for j < 32, j + 16 to j for j < 16, and so on down to one lane.
//   * x of 16 bits is computed with as f32, and y is the f32 result rounded once, to nearest even.
//   * No exponential exceeds 1, and one at least is 1. So nothing overflows, and y is in [0, 1]. The relative error is
//     at most (2 |(x - m) scale| + 8) 2^-24 for up to 8192 columns where y is a normal number, as the test of the same
//     bound checks against f64.
//   * x of -infinity (if scale > 0) gets 0. A row with a NaN, or with an infinite m, becomes NaN: 7fc00000, 7fc0
//   (bf16),
//     7e00 (f16).
//   * With lengths, row r is the first lengths[r] columns alone: the others are not read, and get 0. (A causal mask.)
//     lengths.size = x.rows; each is from 0 to x.cols.
//   * scale is finite. The caller's rounding mode, flush-to-zero bits and unmasked exceptions do not matter.
//   * Rows may have any length, stride and alignment; any size may be 0. y may be x (the same data and stride). Else it
//     must not overlap x.
//   * Errors: kMismatch (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap, kInvalidValue (scale, a length),
//     kOutOfMemory (16-bit rows need 4 x.cols bytes of scratch memory for each worker). Nothing is written on error.
// The method of subtracting the maximum: P. Blanchard, D. J. Higham, N. J. Higham: Accurately computing the log-sum-exp
// and softmax functions. IMA Journal of Numerical Analysis 41(4), 2021.
ISOQUANT_API Status Softmax(Context& context, const MatrixView<const float>& x, float scale,
                            const MatrixView<float>& y);
ISOQUANT_API Status Softmax(Context& context, const MatrixView<const BFloat16>& x, float scale,
                            const MatrixView<BFloat16>& y);
ISOQUANT_API Status Softmax(Context& context, const MatrixView<const Float16>& x, float scale,
                            const MatrixView<Float16>& y);

ISOQUANT_API Status Softmax(Context& context, const MatrixView<const float>& x, float scale,
                            const VectorView<const int32_t>& lengths, const MatrixView<float>& y);
ISOQUANT_API Status Softmax(Context& context, const MatrixView<const BFloat16>& x, float scale,
                            const VectorView<const int32_t>& lengths, const MatrixView<BFloat16>& y);
ISOQUANT_API Status Softmax(Context& context, const MatrixView<const Float16>& x, float scale,
                            const VectorView<const int32_t>& lengths, const MatrixView<Float16>& y);

}  // namespace isoquant

#endif  // ISOQUANT_SOFTMAX_H_
