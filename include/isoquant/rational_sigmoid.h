// Public layer: the sigmoid of ONNX Runtime, for programs that must have its bits. activation.h has a more exact one.
#ifndef ISOQUANT_RATIONAL_SIGMOID_H_
#define ISOQUANT_RATIONAL_SIGMOID_H_

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// y(r, c) = about 1 / (1 + exp(-x(r, c))), as a quotient of polynomials. Exactly these steps, each rounded to nearest
// even; fma(a, b, c) is a b + c, rounded once:
//   v = x < -18 ? -18 : x > 18 ? 18 : x,   s = v * v
//   p = 4.37031012579801e-11,  then p = fma(p, s, a) for a = 1.15627324459942e-07, 6.08574864600143e-05,
//       8.51377133304701e-03, 2.48287947061529e-01,  then p = p * v
//   q = 6.10247389755681e-13,  then q = fma(q, s, b) for b = 5.76102136993427e-09, 6.29106785017040e-06,
//       1.70198817374094e-03, 1.16817656904453e-01, 9.93151921023180e-01
//   y = p / q + 0.5,  and y = y < 0 ? 0 : y > 1 ? 1 : y
// The error is at most 2^-22, so small results have few right digits. NaN becomes 7fc00000. The bits of y do not depend
// on the tier, the executor, or the caller's float environment. Rows may have any stride; any size may be 0. y may be x
// itself (the same data and stride), and must not overlap it otherwise.
//
// Errors: kMismatch (rows, cols), kTooSmall (a stride), kTooLarge, kNull, kOverlap. Nothing is written on error.
//
// Source: github.com/microsoft/onnxruntime, onnxruntime/core/mlas/lib/logistic.cpp, after Eigen's; its kernels for CPUs
// with fused multiply-add have these bits.
ISOQUANT_API Status RationalSigmoid(Context& context, const MatrixView<const float>& x, const MatrixView<float>& y);

}  // namespace isoquant

#endif  // ISOQUANT_RATIONAL_SIGMOID_H_
