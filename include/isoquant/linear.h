// Public layer: a linear layer with float inputs and outputs and an int8 core.
#ifndef ISOQUANT_LINEAR_H_
#define ISOQUANT_LINEAR_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"  // Activation; the rest is for programs that include this header alone
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

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

}  // namespace isoquant

#endif  // ISOQUANT_LINEAR_H_
