// Public layer: normalisation of rows: RmsNorm, also with quantisation, LayerNorm.
//
// All functions:
//   * Each row of x stands for itself: y(r, c) depends on row r of x alone.
//   * Every float step is one IEEE-754 binary32 operation, rounded to nearest even, in the order written here. n is
//     x.cols, rounded to f32. Division and square root are IEEE's.
//   * sum(v) runs over 64 lanes, each beginning with 0: v(c) is added to lane c % 64, in increasing c. Then lane j + 32
//     is added to lane j for j < 32, j + 16 to j for j < 16, and so on down to one lane; and +0 is added to that.
//   * fma(a, b, c) is a b + c, rounded once: a fused multiply-add, on every target. Squares are summed up by it, lane =
//     fma(v, v, lane): that is one step instead of two, and one rounding instead of two, on every CPU of the last ten
//     years; those without the instruction emulate it.
//   * x of 16 bits is computed with as f32, and y is the f32 result rounded once, to nearest even. A NaN is stored as
//     7fc00000, 7fc0 (bf16) or 7e00 (f16).
//   * The caller's rounding mode, flush-to-zero bits and unmasked exceptions do not matter.
//   * Rows may have any length, stride and alignment; any size may be 0. y may be x (the same data and stride). Else
//     outputs must not overlap inputs.
//   * weight and bias have x.cols elements each, or none. epsilon is finite and >= 0.
//   * Errors: kMismatch (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap, kInvalidValue (epsilon). Nothing is
//     written on error.
#ifndef ISOQUANT_NORM_H_
#define ISOQUANT_NORM_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// Root mean square normalisation (Zhang and Sennrich, 2019):
//   scale = 1 / sqrt(sum(x x) / n + epsilon),   y = x * scale * weight, from left to right.
// A row whose squares overflow has scale 0: its finite x become 0, its infinities NaN. A row that is all zero, or whose
// squares all vanish, has scale 1 / sqrt(epsilon), which is infinite if epsilon is 0: then 0 becomes NaN.
ISOQUANT_API Status RmsNorm(Context& context, const MatrixView<const float>& x, const VectorView<const float>& weight,
                            float epsilon, const MatrixView<float>& y);
ISOQUANT_API Status RmsNorm(Context& context, const MatrixView<const BFloat16>& x,
                            const VectorView<const float>& weight, float epsilon, const MatrixView<BFloat16>& y);
ISOQUANT_API Status RmsNorm(Context& context, const MatrixView<const Float16>& x, const VectorView<const float>& weight,
                            float epsilon, const MatrixView<Float16>& y);

// RmsNorm, then QuantizeRows of its y (quantize.h: per row, symmetric, q in [-127, 127]), to the bit, in one pass over
// memory: rows stay in scratch memory, of which each worker needs 4 x.cols bytes (6 for 16-bit x). A y of 16 bits is
// rounded as RmsNorm rounds it, then quantised as the f32 that it is. Outputs must not overlap inputs or one another.
// scales.size = x.rows. Errors: those above, and kOutOfMemory.
ISOQUANT_API Status RmsNormQuantize(Context& context, const MatrixView<const float>& x,
                                    const VectorView<const float>& weight, float epsilon, const MatrixView<int8_t>& q,
                                    const VectorView<float>& scales);
ISOQUANT_API Status RmsNormQuantize(Context& context, const MatrixView<const BFloat16>& x,
                                    const VectorView<const float>& weight, float epsilon, const MatrixView<int8_t>& q,
                                    const VectorView<float>& scales);
ISOQUANT_API Status RmsNormQuantize(Context& context, const MatrixView<const Float16>& x,
                                    const VectorView<const float>& weight, float epsilon, const MatrixView<int8_t>& q,
                                    const VectorView<float>& scales);

// Layer normalisation (Ba, Kiros and Hinton, 2016), in two passes:
//   mean = sum(x) / n,   scale = 1 / sqrt(sum((x - mean) (x - mean)) / n + epsilon),   t = (x - mean) * scale,
//   y = fma(t, weight, bias); t * weight without bias; t + bias without weight; t without both.
// A row whose squares overflow has scale 0: t is 0, or NaN where x - mean is infinite or NaN. A row whose x all equal
// the mean has t = 0, or NaN if epsilon is 0.
ISOQUANT_API Status LayerNorm(Context& context, const MatrixView<const float>& x, const VectorView<const float>& weight,
                              const VectorView<const float>& bias, float epsilon, const MatrixView<float>& y);
ISOQUANT_API Status LayerNorm(Context& context, const MatrixView<const BFloat16>& x,
                              const VectorView<const float>& weight, const VectorView<const float>& bias, float epsilon,
                              const MatrixView<BFloat16>& y);
ISOQUANT_API Status LayerNorm(Context& context, const MatrixView<const Float16>& x,
                              const VectorView<const float>& weight, const VectorView<const float>& bias, float epsilon,
                              const MatrixView<Float16>& y);

}  // namespace isoquant

#endif  // ISOQUANT_NORM_H_
