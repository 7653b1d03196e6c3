// Public layer: from integers back to f32: exact sums of a product, and 8-bit integers.
//
// All functions: every float step is one IEEE-754 binary32 operation, rounded to nearest even, in the order written
// here. A NaN is stored as 7fc00000. The caller's rounding mode and flush-to-zero bits do not matter. The bits of the
// output do not depend on the tier, the executor, or on how rows are split over calls. Rows may have any stride and
// alignment. Any size may be 0. The output must not overlap any input. Nothing is written on error.
#ifndef ISOQUANT_DEQUANTIZE_H_
#define ISOQUANT_DEQUANTIZE_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

enum class Activation : uint8_t { kNone, kRelu };

// How sums become floats. An element of a stands for the number (a - row_zero_point) * row_scale, and one of b for
// b * column_scale. How they were quantised does not matter.
struct Dequantization {
  VectorView<const float> row_scales;         // M, or 1 for all rows
  VectorView<const int32_t> row_zero_points;  // M, or 1 for all rows, or empty for zero
  VectorView<const float> column_scales;      // N, or 1 for all columns
  VectorView<const float> bias;               // N, or empty for none
  Activation activation = Activation::kNone;
};

// c = activation(dequantise(a b) + bias), a: M x K, s8 or u8; b: K x N, s8; c: M x N, f32. Exactly these steps, with
// s = row_scales and z = row_zero_points:
//   t = sum over k of a(m, k) b(k, n) - z[m] * column_sum[n]       exact modulo 2^32
//   v = float(t) * s[m]
//   v = v * column_scales[n]
//   v = v + bias[n]                                                (if there is a bias)
//   c = v < 0 ? 0 : v                                              (kRelu)
// where column_sum[n] is the sum over k of b(k, n). Scales and bias may be any floats. K = 0 is legal: sums are zero.
//
// Errors: those of MatMul to s32 (matmul.h), and kMismatch, kNull and kOverlap for the vectors.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);

// The inverses of the functions in quantize.h, for any scale. q - zero_point is taken modulo 2^32. Errors: kMismatch
// (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap.

// Per tensor: x = float(q - zero_point) * scale.
ISOQUANT_API Status Dequantize(Context& context, MatrixView<const int8_t> q, float scale, int32_t zero_point,
                               MatrixView<float> x);
ISOQUANT_API Status Dequantize(Context& context, MatrixView<const uint8_t> q, float scale, int32_t zero_point,
                               MatrixView<float> x);

// Per row: x(r, c) = float(q(r, c) - zero_points[r]) * scales[r].
ISOQUANT_API Status DequantizeRows(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                   MatrixView<float> x);
ISOQUANT_API Status DequantizeRows(Context& context, MatrixView<const uint8_t> q, VectorView<const float> scales,
                                   VectorView<const int32_t> zero_points, MatrixView<float> x);

// Per column: x(r, c) = float(q(r, c)) * scales[c].
ISOQUANT_API Status DequantizeColumns(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                      MatrixView<float> x);

}  // namespace isoquant

#endif  // ISOQUANT_DEQUANTIZE_H_
