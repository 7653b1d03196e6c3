// Public layer: functions of each element, between products.
//
// Exactly these steps, in this order, each of them one IEEE-754 binary32 operation (a fused multiply-add is one),
// rounded to nearest even: so the bits are the same on every tier, for every executor, apart and as the activation of a
// product. The caller's rounding mode and flush-to-zero bits do not matter.
#ifndef ISOQUANT_ACTIVATION_H_
#define ISOQUANT_ACTIVATION_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// f(x). `parameter` is the slope of kLeakyRelu alone. A NaN stays one. By tests of all f32, error is in units of the
// last place of the f32 nearest to the true value:
enum class Activation : uint8_t {
  kNone,       // x
  kRelu,       // x < 0 ? 0 : x; so -0 stays -0
  kLeakyRelu,  // x < 0 ? x * parameter : x
  kHardSwish,  // t * (r * (1 / 6)) with t = x < -3 ? -3 : x, r = t + 3, r = r > 6 ? 6 : r; -0 at -infinity
  kSigmoid,    // 1 / (1 + exp(-x))
  kTanh,       // tanh(x)
  kSilu,       // x / (1 + exp(-x))
  kGelu,       // x / 2 * (1 + erf(x / sqrt(2)))
  kGeluTanh,   // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  kExp,        // exp(x)
};

// y(r, c) = f(x(r, c)), x and y: float, BFloat16 or Float16. 16-bit elements become f32, which is exact, and the f32
// result is rounded once, to nearest even. A NaN is stored as 7fc00000 (bf16: 7fc0, f16: 7e00). Rows may have any
// stride and alignment; any size may be 0. y may be x itself (the same data and stride), and must not overlap it
// otherwise.
//
// Errors: kInvalidValue (activation), kMismatch (rows, cols), kTooSmall (a stride), kTooLarge, kNull, kOverlap. Nothing
// is written on error.
ISOQUANT_API Status Activate(Context& context, Activation activation, float parameter, const MatrixView<const float>& x,
                             const MatrixView<float>& y);
ISOQUANT_API Status Activate(Context& context, Activation activation, float parameter,
                             const MatrixView<const BFloat16>& x, const MatrixView<BFloat16>& y);
ISOQUANT_API Status Activate(Context& context, Activation activation, float parameter,
                             const MatrixView<const Float16>& x, const MatrixView<Float16>& y);

}  // namespace isoquant

#endif  // ISOQUANT_ACTIVATION_H_
