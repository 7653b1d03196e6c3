// Public layer: functions of each element, between products.
//
// Each function is a fixed sequence of IEEE-754 binary32 operations (a fused multiply-add is one), rounded to nearest
// even: those written here, or in inl/functions/exp-inl.h, sigmoid-inl.h and gelu-inl.h. So the bits are the same on
// every tier, for every executor, apart and as the activation of a product. The caller's rounding mode and
// flush-to-zero bits do not matter.
#ifndef ISOQUANT_ACTIVATION_H_
#define ISOQUANT_ACTIVATION_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// f(x). `parameter` is the slope of kLeakyRelu alone. NaN stays NaN. At 0 and -0 the result is x, but 0.5 for kSigmoid
// and 1 for kExp. At infinity and -infinity it is the limit: -0 at -infinity for kHardSwish, kSilu and both GELUs.
//
// The numbers behind a function are its largest error over all finite x, found by trying all 2^32 (test/README.md):
// "2.5; 2" is at most 2.5 units in the last place from the true value, and at most 2 f32 from the f32 nearest to it.
// Where the true value is below 2^-126 in magnitude, the error is at most 2.5 * 2^-149.
enum class Activation : uint8_t {
  kNone,       // x
  kRelu,       // x < 0 ? 0 : x; so -0 stays -0
  kLeakyRelu,  // x < 0 ? x * parameter : x
  kHardSwish,  // t * (r * (1 / 6)) with t = x < -3 ? -3 : x, r = t + 3, r = r > 6 ? 6 : r; -0 at -infinity
  kSigmoid,    // 1 / (1 + exp(-x)), in [0, 1]; 2.5; 2
  kTanh,       // tanh(x), in [-1, 1]; 2.5; 2
  kSilu,       // x / (1 + exp(-x)); 2.4; 2
  kGelu,       // x / 2 * (1 + erf(x / sqrt(2))); 4.5; 4
  kGeluTanh,   // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))); 2.3; 2
  kExp,        // exp(x); 0.9; 1
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
