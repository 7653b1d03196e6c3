// Public layer: a linear layer with inputs and outputs of f32, bf16 or f16 and an int8 core.
#ifndef ISOQUANT_LINEAR_H_
#define ISOQUANT_LINEAR_H_

#include <cstdint>
#include <limits>

#include "isoquant/activation.h"
#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"  // for programs that include this header alone
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// How Linear quantises each row of x: as the QuantizeRows of that type. kSymmetricS8 suits any x; kAsymmetricU8 has
// twice the resolution where x is one-sided (after ReLU, say).
enum class RowQuantization : uint8_t { kSymmetricS8, kAsymmetricU8 };

struct LinearLayer {
  const PackedWeights* weights = nullptr;  // K x N
  // N: weight(k, n) = column_scales[n] * (weights(k, n) - column_zero_points[n])
  VectorView<const float> column_scales;
  VectorView<const float> bias;  // N, or empty for none
  Activation activation = Activation::kNone;
  RowQuantization quantization = RowQuantization::kSymmetricS8;
  // As in Dequantization (dequantize.h).
  float activation_parameter = 0.0f;
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  VectorView<const int32_t> column_zero_points{};  // N, or 1 for all columns, or empty for zero
};

// y = clamp(activation(dequantise(quantise(x) * W) + bias)), with x: M x K, y: M x N, each f32, bf16 or f16. Exactly
// these steps, each float step one IEEE-754 binary32 operation, rounded to nearest even:
//   q, s, z = QuantizeRows(x as f32)                        (exact; z = 0 for kSymmetricS8)
//   t = sum over k of (q(m, k) - z[m]) (W(k, n) - column_zero_points[n])       exact modulo 2^32
//   v = float(t) * s[m]
//   v = v * column_scales[n]
//   v = v + bias[n]                                          (if there is a bias)
//   v = activation(v)                                        (to the bits of Activate, activation.h)
//   v = v < min ? min : v;  v = v > max ? max : v            (NaN stays NaN)
//   v = residual(m, n) as f32 + v                            (if there is a residual)
//   y = v, rounded once to the type of y                     to nearest, ties to even (bf16 and f16)
// A NaN (from a bias or a scale that is infinite or NaN) is stored as 7fc00000 (bf16: 7fc0, f16: 7e00). The bits of y
// do not depend on the tier, the executor, or on how rows are split over calls. y may have any stride and must not
// overlap x. The residual is M x N, with any stride. It may be y itself (the same data and stride), and must not
// overlap it otherwise.
//
// Errors: kNull (weights, data), kWrongType (weights), kMismatch (x.cols and K, rows of y and residual and x.rows,
// their cols and N, sizes of the vectors), kTooSmall (a stride), kTooLarge, kOverlap, kInvalidValue (activation;
// min or max: NaN, or min > max), kOutOfMemory. Nothing is written on error.
ISOQUANT_API Status Linear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                           const MatrixView<float>& y);
ISOQUANT_API Status Linear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                           const MatrixView<const float>& residual, const MatrixView<float>& y);

// Of any types. `residual`, or null, has that of y.
ISOQUANT_API Status Linear(Context& context, const FloatMatrix& x, const LinearLayer& layer,
                           const FloatMatrix* residual, const FloatMatrix& y);

// The other pairs of types, by the last one. (Templates without a use for their parameter, so that those of f32 come
// first where null pointers do not say their type.)
#define ISOQUANT_LINEAR_OF(X, Y)                                                                                    \
  template <int = 0>                                                                                                \
  Status Linear(Context& context, const MatrixView<const X>& x, const LinearLayer& layer, const MatrixView<Y>& y) { \
    return Linear(context, FloatMatrix(x), layer, nullptr, FloatMatrix(y));                                         \
  }                                                                                                                 \
  template <int = 0>                                                                                                \
  Status Linear(Context& context, const MatrixView<const X>& x, const LinearLayer& layer,                           \
                const MatrixView<const Y>& residual, const MatrixView<Y>& y) {                                      \
    const FloatMatrix added(residual);                                                                              \
    return Linear(context, FloatMatrix(x), layer, &added, FloatMatrix(y));                                          \
  }
ISOQUANT_LINEAR_OF(float, BFloat16)
ISOQUANT_LINEAR_OF(float, Float16)
ISOQUANT_LINEAR_OF(BFloat16, float)
ISOQUANT_LINEAR_OF(BFloat16, BFloat16)
ISOQUANT_LINEAR_OF(BFloat16, Float16)
ISOQUANT_LINEAR_OF(Float16, float)
ISOQUANT_LINEAR_OF(Float16, BFloat16)
ISOQUANT_LINEAR_OF(Float16, Float16)
#undef ISOQUANT_LINEAR_OF

}  // namespace isoquant

#endif  // ISOQUANT_LINEAR_H_
