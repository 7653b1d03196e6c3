// Public layer: operations on vectors: dot products, acc += a * b, minima, maxima, sums.
//
// All functions:
//   * Vectors have any length, 0 too, and any alignment. Nothing is read or written outside them, and no element is
//   left
//     out.
//   * An output vector may be an input (the same data). Else it must not overlap one.
//   * Float steps are IEEE-754 operations in the order written here, rounded to nearest even. A NaN is 7fc00000 (f32)
//     or 7ff8000000000000 (f64).
//   * The caller's rounding mode, flush-to-zero bits and unmasked exceptions do not matter.
//   * Functions that write a vector divide it among the Context's workers; the others run on the calling thread.
//   * Errors: kMismatch (sizes), kNull, kOverlap. Nothing is written on error.
#ifndef ISOQUANT_VECTOR_H_
#define ISOQUANT_VECTOR_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// result = sum(a[i] b[i]), exact modulo 2^32. It runs on the instruction of the tier (VPDPBUSD, SDOT ...).
ISOQUANT_API Status Dot(Context& context, const VectorView<const uint8_t>& a, const VectorView<const int8_t>& b,
                        int32_t& result);
ISOQUANT_API Status Dot(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                        int32_t& result);

// result = sum(a[i] b[i]) over 64 lanes, each beginning with 0: element i adds to lane i % 64, in increasing i, by one
// fused multiply-add. Then lane j + 32 is added to lane j for j < 32, j + 16 to j for j < 16, and so on down to one
// lane; and +0 is added to that. bf16 is exact in f32.
ISOQUANT_API Status Dot(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
                        float& result);
ISOQUANT_API Status Dot(Context& context, const VectorView<const BFloat16>& a, const VectorView<const BFloat16>& b,
                        float& result);

// acc[i] = a[i] b[i] + acc[i], rounded once: one fused multiply-add each. a and b may be acc.
ISOQUANT_API Status AddMul(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
                           const VectorView<float>& acc);
ISOQUANT_API Status AddMul(Context& context, const VectorView<const double>& a, const VectorView<const double>& b,
                           const VectorView<double>& acc);

// y[i] = the lesser, or the larger, of a[i] and b[i]. Floats as minimum and maximum of IEEE-754-2019: NaN if one of
// them is; -0 is less than +0.
ISOQUANT_API Status Min(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
                        const VectorView<float>& y);
ISOQUANT_API Status Min(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                        const VectorView<int8_t>& y);
ISOQUANT_API Status Min(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
                        const VectorView<uint8_t>& y);
ISOQUANT_API Status Max(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
                        const VectorView<float>& y);
ISOQUANT_API Status Max(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                        const VectorView<int8_t>& y);
ISOQUANT_API Status Max(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
                        const VectorView<uint8_t>& y);

// y[i] = a[i] + b[i]; of integers modulo 256, or, with AddSaturated, the nearest number of the type.
ISOQUANT_API Status Add(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
                        const VectorView<float>& y);
ISOQUANT_API Status Add(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                        const VectorView<int8_t>& y);
ISOQUANT_API Status Add(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
                        const VectorView<uint8_t>& y);
ISOQUANT_API Status AddSaturated(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                                 const VectorView<int8_t>& y);
ISOQUANT_API Status AddSaturated(Context& context, const VectorView<const uint8_t>& a,
                                 const VectorView<const uint8_t>& b, const VectorView<uint8_t>& y);

// The least, or the largest, element, as Min and Max have it. Of no elements: what every number is less, or larger,
// than or equal to: +infinity, 127, 255, or -infinity, -128, 0.
ISOQUANT_API Status ReduceMin(Context& context, const VectorView<const float>& x, float& result);
ISOQUANT_API Status ReduceMin(Context& context, const VectorView<const int8_t>& x, int8_t& result);
ISOQUANT_API Status ReduceMin(Context& context, const VectorView<const uint8_t>& x, uint8_t& result);
ISOQUANT_API Status ReduceMax(Context& context, const VectorView<const float>& x, float& result);
ISOQUANT_API Status ReduceMax(Context& context, const VectorView<const int8_t>& x, int8_t& result);
ISOQUANT_API Status ReduceMax(Context& context, const VectorView<const uint8_t>& x, uint8_t& result);

// The sum. Of integers it is exact modulo 2^32. Of floats it runs over 64 lanes as in Dot, by one addition each.
ISOQUANT_API Status ReduceSum(Context& context, const VectorView<const float>& x, float& result);
ISOQUANT_API Status ReduceSum(Context& context, const VectorView<const int8_t>& x, int32_t& result);
ISOQUANT_API Status ReduceSum(Context& context, const VectorView<const uint8_t>& x, int32_t& result);

}  // namespace isoquant

#endif  // ISOQUANT_VECTOR_H_
