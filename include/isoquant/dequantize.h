// Public layer: from integers back to floats: exact sums of a product, and 8-bit integers.
//
// All functions: every float step is one IEEE-754 binary32 operation, rounded to nearest even, in the order written
// here. A NaN is stored as 7fc00000 (bf16: 7fc0, f16: 7e00). The caller's rounding mode and flush-to-zero bits do not
// matter. The bits of the output do not depend on the tier, the executor, or on how rows are split over calls. Rows may
// have any stride and alignment. Any size may be 0. The output must not overlap any input. Nothing is written on error.
#ifndef ISOQUANT_DEQUANTIZE_H_
#define ISOQUANT_DEQUANTIZE_H_

#include <cstdint>
#include <limits>

#include "isoquant/activation.h"
#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// How sums become floats. An element of a stands for the number (a - row_zero_point) * row_scale, and one of b for
// (b - column_zero_point) * column_scale. How they were quantised does not matter.
struct Dequantization {
  VectorView<const float> row_scales;         // M, or 1 for all rows
  VectorView<const int32_t> row_zero_points;  // M, or 1 for all rows, or empty for zero
  VectorView<const float> column_scales;      // N, or 1 for all columns
  VectorView<const float> bias;               // N, or empty for none
  Activation activation = Activation::kNone;
  float activation_parameter = 0.0f;  // the slope of kLeakyRelu
  // A clamp behind the activation: kRelu and max = 6 are ReLU6.
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  VectorView<const int32_t> column_zero_points{};  // N, or 1 for all columns, or empty for zero
};

// c = clamp(activation(dequantise(a b) + bias)), a: M x K, s8 or u8; b: K x N, s8 or u8; c: M x N, f32, bf16 or f16.
// Exactly these steps, with s = row_scales, za = row_zero_points and zb = column_zero_points:
//   t = sum over k of (a(m, k) - za[m]) (b(k, n) - zb[n])          exact modulo 2^32
//   v = float(t) * s[m]
//   v = v * column_scales[n]
//   v = v + bias[n]                                                (if there is a bias)
//   v = activation(v)                                              (to the bits of Activate, activation.h)
//   v = v < min ? min : v;  v = v > max ? max : v                  (NaN stays NaN)
//   c = v, rounded once to the type of c: to nearest, ties to even (bf16 and f16)
// Zero points may be any integers, scales and bias any floats. K = 0 is legal: sums are zero.
//
// Errors: those of MatMul to s32 (matmul.h), kMismatch, kNull and kOverlap for the vectors, and kInvalidValue
// (activation; min or max: NaN, or min > max).
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);

// To bf16 and f16. (Templates without a use for their parameter, so that those to f32 come first where a null pointer
// does not say its type.) They call the functions behind them, which take any of the types.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const FloatMatrix& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const FloatMatrix& c);
template <int = 0>
Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<BFloat16>& c) {
  return MatMul(context, a, b, dequantization, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<Float16>& c) {
  return MatMul(context, a, b, dequantization, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<BFloat16>& c) {
  return MatMul(context, a, b, dequantization, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<Float16>& c) {
  return MatMul(context, a, b, dequantization, FloatMatrix(c));
}

// The inverses of the functions in quantize.h, for any scale: DequantizeLinear of ONNX. q - zero_point is taken modulo
// 2^32. Errors: kMismatch (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap.

// Per tensor: x = float(q - zero_point) * scale.
ISOQUANT_API Status Dequantize(Context& context, MatrixView<const int8_t> q, float scale, int32_t zero_point,
                               MatrixView<float> x);
ISOQUANT_API Status Dequantize(Context& context, MatrixView<const uint8_t> q, float scale, int32_t zero_point,
                               MatrixView<float> x);

// Per row: x(r, c) = float(q(r, c) - zero_points[r]) * scales[r].
ISOQUANT_API Status DequantizeRows(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                   MatrixView<float> x);
ISOQUANT_API Status DequantizeRows(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                   VectorView<const int32_t> zero_points, MatrixView<float> x);
ISOQUANT_API Status DequantizeRows(Context& context, MatrixView<const uint8_t> q, VectorView<const float> scales,
                                   VectorView<const int32_t> zero_points, MatrixView<float> x);

// Per column: x(r, c) = float(q(r, c) - zero_points[c]) * scales[c].
ISOQUANT_API Status DequantizeColumns(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                      MatrixView<float> x);
ISOQUANT_API Status DequantizeColumns(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                                      VectorView<const int32_t> zero_points, MatrixView<float> x);
ISOQUANT_API Status DequantizeColumns(Context& context, MatrixView<const uint8_t> q, VectorView<const float> scales,
                                      VectorView<const int32_t> zero_points, MatrixView<float> x);

}  // namespace isoquant

#endif  // ISOQUANT_DEQUANTIZE_H_
