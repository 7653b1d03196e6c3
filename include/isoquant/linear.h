// Public layer: a linear layer with float inputs and outputs and an int8 core.
#ifndef ISOQUANT_LINEAR_H_
#define ISOQUANT_LINEAR_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

enum class Activation : uint8_t { kNone, kRelu };

// How Linear quantises each row of x: as the QuantizeRows of that type. kSymmetricS8 suits any x; kAsymmetricU8 has
// twice the resolution where x is one-sided (after ReLU, say).
enum class RowQuantization : uint8_t { kSymmetricS8, kAsymmetricU8 };

struct LinearLayer {
  const PackedWeights* weights = nullptr;  // K x N
  VectorView<const float> column_scales;   // N: weight(k, n) = column_scales[n] * weights(k, n)
  VectorView<const float> bias;            // N, or empty for none
  Activation activation = Activation::kNone;
  RowQuantization quantization = RowQuantization::kSymmetricS8;
};

// y = activation(dequantise(quantise(x) * W) + bias), with x: M x K, y: M x N. Exactly these steps, each float step one
// IEEE-754 binary32 operation, rounded to nearest even:
//   q, s, z = QuantizeRows(x)                               (z = 0 for kSymmetricS8)
//   t = sum over k of q(m, k) W(k, n) - z[m] * column_sum[n]       exact modulo 2^32
//   v = float(t) * s[m]
//   v = v * column_scales[n]
//   v = v + bias[n]                                          (if there is a bias)
//   y = v < 0 ? 0 : v                                        (kRelu)
// A NaN (from a bias or a scale that is infinite or NaN) is stored as 7fc00000. The bits of y do not depend on the
// tier, the executor, or on how rows are split over calls. y may have any stride and must not overlap x.
//
// Errors: kNull (weights, data), kWrongType (weights), kMismatch (x.cols and K, y.rows and x.rows, y.cols and N, sizes
// of scales and bias), kTooSmall (a stride), kTooLarge, kOverlap, kOutOfMemory. Nothing is written on error.
ISOQUANT_API Status Linear(Context& context, MatrixView<const float> x, const LinearLayer& layer, MatrixView<float> y);

// The second half of Linear, for rows that are quantised already: of any integers, by whatever rule.
struct Dequantization {
  VectorView<const float> row_scales;         // M, or 1 for all rows
  VectorView<const int32_t> row_zero_points;  // M, or 1 for all rows, or empty for zero
  VectorView<const float> column_scales;      // N, or 1 for all columns
  VectorView<const float> bias;               // N, or empty for none
  Activation activation = Activation::kNone;
};

// c = activation(dequantise(a b) + bias), a: M x K, s8 or u8; b: K x N, s8; c: M x N, f32: the steps of Linear from `t`
// on, with the row's scale s[m] and zero point z[m], and its promises. c must not overlap any input. K = 0 is legal.
//
// Errors: those of MatMul to s32 (matmul.h), and kMismatch, kNull and kOverlap for the vectors. Nothing is written on
// error.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Dequantization& dequantization, const MatrixView<float>& c);

}  // namespace isoquant

#endif  // ISOQUANT_LINEAR_H_
