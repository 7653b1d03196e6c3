// Public layer: from one type of floats to another.
#ifndef ISOQUANT_CONVERT_H_
#define ISOQUANT_CONVERT_H_

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// y(r, c) = x(r, c), rounded once to the type of y: to nearest, ties to even. Subnormal numbers are kept, numbers too
// large become infinity (from 65520 on in f16), and every NaN becomes 7fc00000 (bf16: 7fc0, f16: 7e00), where both
// types are one, too. To f32 it is exact. bf16 and f16 become one another by way of f32, so with one rounding. The bits
// are the same with instructions for it and without, and in every rounding mode of the caller's.
//
// Rows may have any stride and alignment; any size may be 0. If elements of x and y have one size, y may be x itself
// (the same data and stride); y must not overlap x otherwise.
//
// Errors: kMismatch (rows, cols), kTooSmall (a stride), kTooLarge, kNull, kOverlap, kWrongType (a FloatMatrix of
// integers). Nothing is written on error.
ISOQUANT_API Status Convert(Context& context, const FloatMatrix& x, const FloatMatrix& y);

#define ISOQUANT_CONVERT(From, To)                                                                    \
  inline Status Convert(Context& context, const MatrixView<const From>& x, const MatrixView<To>& y) { \
    return Convert(context, FloatMatrix(x), FloatMatrix(y));                                          \
  }
ISOQUANT_CONVERT(float, float)
ISOQUANT_CONVERT(float, BFloat16)
ISOQUANT_CONVERT(float, Float16)
ISOQUANT_CONVERT(BFloat16, float)
ISOQUANT_CONVERT(BFloat16, BFloat16)
ISOQUANT_CONVERT(BFloat16, Float16)
ISOQUANT_CONVERT(Float16, float)
ISOQUANT_CONVERT(Float16, BFloat16)
ISOQUANT_CONVERT(Float16, Float16)
#undef ISOQUANT_CONVERT

}  // namespace isoquant

#endif  // ISOQUANT_CONVERT_H_
