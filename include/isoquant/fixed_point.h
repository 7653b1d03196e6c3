// Public layer: from exact sums to 8-bit integers by fixed-point multipliers, as TensorFlow Lite does it: integers
// alone.
#ifndef ISOQUANT_FIXED_POINT_H_
#define ISOQUANT_FIXED_POINT_H_

#include <cstdint>
#include <limits>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// How the product of t with multiplier * 2^(shift - 31) is rounded to an integer. The two differ by one at times.
enum class FixedPointRounding : uint8_t {
  // TFLite's default, MultiplyByQuantizedMultiplier by the functions of gemmlowp:
  //   h = floor((t * 2^max(shift, 0) * multiplier + 2^30) / 2^31)    SaturatingRoundingDoublingHighMul
  //   v = h / 2^max(-shift, 0), rounded to nearest, ties away from 0  RoundingDivideByPOT
  // t * 2^max(shift, 0) is taken modulo 2^32.
  kDouble,
  // TFLite built with TFLITE_SINGLE_ROUNDING, and ruy: one step, ties upwards, taken modulo 2^32:
  //   v = floor((t * multiplier + 2^(30 - shift)) / 2^(31 - shift))
  kSingle,
};

// How sums become outputs. An output stands for the real number (c - zero_point) * scale_c, an element of a for
// (a - za) * scale_a, and one of b for (b - zb) * scale_b[n]. So multiplier and shift are those of QuantizeMultiplier
// for scale_a * scale_b[n] / scale_c, and bias[n] is the real bias divided by scale_a * scale_b[n].
//
// In words of TFLite: za is -input_offset, zb is -filter_offset (or weights_offset), zero_point is output_offset, and
// [min, max] is [quantized_activation_min, quantized_activation_max].
struct FixedPointRequantization {
  VectorView<const int32_t> multipliers;    // N, or 1 for all columns. Not negative
  VectorView<const int8_t> shifts;          // N, or 1 for all columns. From -31 to 30, to the left if positive
  VectorView<const int32_t> bias;           // N, or empty for none
  VectorView<const int32_t> a_zero_points;  // M, or 1 for all rows of a, or empty for zero
  VectorView<const int32_t> b_zero_points;  // N, or 1 for all columns of b, or empty for zero
  int32_t zero_point = 0;                   // of c: a value of its type
  // Outputs are clamped to [min, max] and to the range of their type. min = zero_point is a fused ReLU.
  int32_t min = (std::numeric_limits<int32_t>::min)();
  int32_t max = (std::numeric_limits<int32_t>::max)();
  FixedPointRounding rounding = FixedPointRounding::kDouble;
};

// c = requantise(a b), a: M x K, s8 or u8; b: K x N, s8 or u8; c: M x N, s8 or u8. Exactly these steps, with
// za = a_zero_points and zb = b_zero_points:
//   t = sum over k of (a(m, k) - za[m]) (b(k, n) - zb[n]) + bias[n]      modulo 2^32
//   v = t * multipliers[n] * 2^(shifts[n] - 31), rounded as `rounding` says
//   c = clamp(v + zero_point, min, max)                                  v + zero_point without wrapping
// These are the bits of TFLite's reference kernels (FullyConnected, Conv2D in kernels/internal/reference, and their
// integer_ops) wherever those are defined. Where C++ leaves theirs undefined, because a shift to the left or a sum with
// the zero point overflows, the lines above say what happens here. The bits of c do not depend on the tier, the
// executor, or on how rows are split over calls.
//
// Views as in matmul.h; c must not overlap any input. M, N or K = 0 is legal (K = 0: sums are zero).
//
// Errors: those of MatMul to s32 (matmul.h); kMismatch, kNull and kOverlap for the vectors; kInvalidValue if a
// multiplier or a shift is out of its range, zero_point is no value of c's type, [min, max] holds none, or rounding is
// no FixedPointRounding. Nothing is written on error.
//
// Source: github.com/google/gemmlowp, fixedpoint/fixedpoint.h; github.com/tensorflow/tensorflow,
// tensorflow/lite/kernels/internal/common.h and .cc.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const FixedPointRequantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const FixedPointRequantization& requantization, const MatrixView<uint8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const FixedPointRequantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const FixedPointRequantization& requantization, const MatrixView<uint8_t>& c);

// The same steps from sums that are there already: t = sums(m, n) + bias[n]. a_zero_points and b_zero_points must be
// empty.
ISOQUANT_API Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                               const FixedPointRequantization& requantization, const MatrixView<int8_t>& c);
ISOQUANT_API Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                               const FixedPointRequantization& requantization, const MatrixView<uint8_t>& c);

// real ~ multiplier * 2^(shift - 31), as TFLite's QuantizeMultiplier has it: with q * 2^shift = real and q in [1/2, 1),
//   multiplier = round(q * 2^31), ties upwards; 2^31 becomes 2^30, and shift one more.
// Of 0, and where shift would be below -31, both are 0. Where it would exceed 30, they are 2^31 - 1 and 30 (as TFLite
// has it with single rounding). The caller's float environment does not matter.
//
// Errors: kInvalidValue if real is negative, infinite or NaN. Nothing is written on error.
ISOQUANT_API Status QuantizeMultiplier(double real, int32_t& multiplier, int& shift);

}  // namespace isoquant

#endif  // ISOQUANT_FIXED_POINT_H_
