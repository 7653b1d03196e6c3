// Public layer: from exact sums to the 8-bit integers that the next layer takes.
#ifndef ISOQUANT_REQUANTIZE_H_
#define ISOQUANT_REQUANTIZE_H_

#include <cstdint>
#include <limits>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// How sums become outputs. An output stands for the real number (c - zero_point) * scale_c, an element of a for
// (a - za) * scale_a, and one of b for (b - zb) * scale_b[n]. So scales[n] is scale_a * scale_b[n] / scale_c, and
// bias[n] is the real bias divided by scale_a * scale_b[n].
struct Requantization {
  VectorView<const float> scales;           // N, or 1 for all columns. Any floats
  VectorView<const int32_t> bias;           // N, or empty for none
  VectorView<const int32_t> a_zero_points;  // M, or 1 for all rows of a, or empty for zero
  int32_t zero_point = 0;                   // of c: a value of its type
  // Outputs are clamped to [min, max] and to the range of their type. min = zero_point is a fused ReLU.
  int32_t min = (std::numeric_limits<int32_t>::min)();
  int32_t max = (std::numeric_limits<int32_t>::max)();
  VectorView<const int32_t> b_zero_points{};  // N, or 1 for all columns of b, or empty for zero
};

// c = requantise(a b), a: M x K, s8 or u8; b: K x N, s8 or u8; c: M x N, s8 or u8. Exactly these steps, with
// za = a_zero_points and zb = b_zero_points:
//   t = sum over k of (a(m, k) - za[m]) (b(k, n) - zb[n]) + bias[n]                      exact modulo 2^32
//   v = float(t) * scales[n]             two IEEE-754 binary32 operations, rounded to nearest even; NaN becomes 0
//   c = round(clamp(v, min - zero_point, max - zero_point)) + zero_point                 to nearest, ties to even
// Zero points may be any integers. Scales may be negative, infinite or NaN: infinities saturate. The caller's rounding
// mode and flush-to-zero bits do not matter. The bits of c do not depend on the tier, the executor, or on how rows are
// split over calls.
//
// Views as in matmul.h; c must not overlap any input. M, N or K = 0 is legal (K = 0: sums are zero).
//
// Errors: those of MatMul to s32 (matmul.h); kMismatch and kNull for the vectors; kInvalidValue if zero_point is no
// value of c's type, or [min, max] holds none. Nothing is written on error.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Requantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const Requantization& requantization, const MatrixView<uint8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Requantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const Requantization& requantization, const MatrixView<uint8_t>& c);

// The same steps from sums that are there already: t = sums(m, n) + bias[n]. a_zero_points and
// b_zero_points must be empty.
ISOQUANT_API Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                               const Requantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                               const Requantization& requantization, const MatrixView<uint8_t>& c);

// The scales of a Requantization: scales[n] = a_scale * b_scales[n] / c_scale, a product and a quotient, each rounded
// to nearest. With them, MatMul is QLinearMatMul of ONNX: the bits of ONNX Runtime (core/providers/cpu/math/
// quantize_linear_matmul.cc), and of ONNX's text, which rounds before it adds the zero point. (Its reference in Python
// adds first. So it has other outputs where v is a tie and the zero point odd.)
// b_scales: N, or 1 for all columns; scales.size = b_scales.size. They may be one vector. Any floats. The caller's
// float environment does not matter. Errors: kMismatch, kNull, kOverlap.
ISOQUANT_API Status MakeRequantizationScales(float a_scale, VectorView<const float> b_scales, float c_scale,
                                             VectorView<float> scales);

}  // namespace isoquant

#endif  // ISOQUANT_REQUANTIZE_H_
