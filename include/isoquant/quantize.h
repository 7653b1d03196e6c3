// Public layer: f32 to 8-bit integers. dequantize.h has the way back.
//
// There are two rules. Quantize* multiplies by 1 / scale; QuantizeLinear* and QuantizeDynamic divide by the scale, as
// ONNX has it. The two differ by one unit at times.
//
// All functions:
//   * Every float step is one IEEE-754 binary32 operation, rounded to nearest even, in the order written here.
//   * A float is clamped before it is rounded to an integer. It is rounded to nearest, ties to even.
//   * The caller's rounding mode, flush-to-zero bits and unmasked exceptions do not matter. They are left as they were,
//     and so are the flags of exceptions. (Both hold for every call of the library.)
//   * Rows may have any stride and alignment. Any size may be 0. Outputs must not overlap inputs or one another.
//   * Errors: kMismatch (shapes), kTooSmall (a stride), kTooLarge, kNull, kOverlap, kInvalidValue (a scale or zero
//     point out of its domain). Nothing is written on error.
#ifndef ISOQUANT_QUANTIZE_H_
#define ISOQUANT_QUANTIZE_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"  // the inverses, for programs that include this header alone
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// Per tensor, static:
//   q = round(clamp(x * (1 / scale), lo - zero_point, hi - zero_point)) + zero_point
// where [lo, hi] is the range of q's type: [-128, 127] or [0, 255]. Infinities saturate, NaN becomes zero_point. scale
// must be positive, and both scale and 1 / scale normal. zero_point must be in [lo, hi].
ISOQUANT_API Status Quantize(Context& context, MatrixView<const float> x, float scale, int32_t zero_point,
                             MatrixView<int8_t> q);
ISOQUANT_API Status Quantize(Context& context, MatrixView<const float> x, float scale, int32_t zero_point,
                             MatrixView<uint8_t> q);

// Per row, dynamic, symmetric, q in [-127, 127]:
//   scale[r] = max(max over finite x(r, c) of |x(r, c)| / 127, 2^-126),   q = round(clamp(x * (1 / scale), -127, 127)).
// The floor of 2^-126 makes rows that are all zero or tiny well defined. Infinities saturate and NaN becomes 0; neither
// counts towards the scale. scales.size = x.rows.
ISOQUANT_API Status QuantizeRows(Context& context, MatrixView<const float> x, MatrixView<int8_t> q,
                                 VectorView<float> scales);

// Per row, dynamic, asymmetric, q in [0, 255], for inputs with a one-sided range (after ReLU, say). With lo the least
// and hi the largest of 0 and the finite x of the row,
//   scale = max(hi / 255 - lo / 255, 2^-126),   zero_point = round(clamp(-lo * (1 / scale), 0, 255)),
//   q = round(clamp(x * (1 / scale), -zero_point, 255 - zero_point)) + zero_point.
// Zero is represented exactly. scales.size = zero_points.size = x.rows.
ISOQUANT_API Status QuantizeRows(Context& context, MatrixView<const float> x, MatrixView<uint8_t> q,
                                 VectorView<float> scales, VectorView<int32_t> zero_points);

// Per column, symmetric, q in [-127, 127]: the first QuantizeRows with columns in place of rows. It is for weights that
// lie K x N. (Weights that lie N x K have a scale per row: QuantizeRows.) scales.size = x.cols.
ISOQUANT_API Status QuantizeColumns(Context& context, MatrixView<const float> x, MatrixView<int8_t> q,
                                    VectorView<float> scales);

// ---- ONNX's rule. Scales may be any floats, of either sign.

// QuantizeLinear, per tensor:
//   q = saturate(round(x / scale) + zero_point)
// Infinite quotients saturate; those that are NaN become zero_point. zero_point must be a value of q's type.
ISOQUANT_API Status QuantizeLinear(Context& context, MatrixView<const float> x, float scale, int32_t zero_point,
                                   MatrixView<int8_t> q);
ISOQUANT_API Status QuantizeLinear(Context& context, MatrixView<const float> x, float scale, int32_t zero_point,
                                   MatrixView<uint8_t> q);

// QuantizeLinear with an axis. Per row: the same with scales[r] and zero_points[r]; per column: with scales[c] and
// zero_points[c]. zero_points may be empty, for zeros. (A tensor of more dimensions is a matrix for each index of those
// before the axis: its rows are the axis, and all dimensions behind it are a row.)
ISOQUANT_API Status QuantizeLinearRows(Context& context, MatrixView<const float> x, VectorView<const float> scales,
                                       VectorView<const int32_t> zero_points, MatrixView<int8_t> q);
ISOQUANT_API Status QuantizeLinearRows(Context& context, MatrixView<const float> x, VectorView<const float> scales,
                                       VectorView<const int32_t> zero_points, MatrixView<uint8_t> q);
ISOQUANT_API Status QuantizeLinearColumns(Context& context, MatrixView<const float> x, VectorView<const float> scales,
                                          VectorView<const int32_t> zero_points, MatrixView<int8_t> q);
ISOQUANT_API Status QuantizeLinearColumns(Context& context, MatrixView<const float> x, VectorView<const float> scales,
                                          VectorView<const int32_t> zero_points, MatrixView<uint8_t> q);

// DynamicQuantizeLinear, per tensor. With lo the least and hi the largest of 0 and the finite x,
//   scale = (hi - lo) / 255, or 1 if lo = hi,   zero_point = round(clamp(0 - lo / scale, 0, 255)),
//   q = saturate(round(x / scale) + zero_point).
// Of 0 / 0 or infinity / infinity on the way, zero_point is 0 and q is zero_point. Those are in reach where hi - lo
// overflows (then scale is infinite, and all q are 0) or is at most 127 * 2^-149 (then scale is 0). Infinite x
// saturate, NaN becomes zero_point. scale and zero_point must lie outside x and q.
//
// If all x are zero, ONNX leaves a division by zero, and programs differ: scale = 1 is that of ONNX Runtime
// (GetQuantizationParameter in onnxruntime/core/util/qmath.h), whereas ONNX's reference in Python has 1 / 255 (onnx/
// reference/ops/op_dynamic_quantize_linear.py). q and zero_point are 0 in all of them.
ISOQUANT_API Status QuantizeDynamic(Context& context, const MatrixView<const float>& x, const MatrixView<uint8_t>& q,
                                    float& scale, int32_t& zero_point);

// The same of x = [x[0] x[1] ...], matrices side by side, without a copy that joins them: images that are concatenated
// along their channels. Their columns add up to those of q. Errors name "x[i]", whichever it is.
ISOQUANT_API Status QuantizeDynamic(Context& context, VectorView<const MatrixView<const float>> x,
                                    const MatrixView<uint8_t>& q, float& scale, int32_t& zero_point);

}  // namespace isoquant

#endif  // ISOQUANT_QUANTIZE_H_
