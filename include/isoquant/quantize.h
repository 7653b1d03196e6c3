// Public layer: f32 to 8-bit integers. dequantize.h has the way back.
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

}  // namespace isoquant

#endif  // ISOQUANT_QUANTIZE_H_
