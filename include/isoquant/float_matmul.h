// Public layer: matrix multiplication of floats.
#ifndef ISOQUANT_FLOAT_MATMUL_H_
#define ISOQUANT_FLOAT_MATMUL_H_

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matmul.h"  // Store
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// C(m, n) = [C(m, n) +] sum over k of A(m, k) B(k, n), as one chain of fused multiply-adds in increasing k:
//   c = C(m, n), or +0 with Store::kOverwrite
//   c = fma(A(m, k), B(k, n), c)     for k = 0, 1, ... K - 1: the exact a b + c, rounded once to nearest even
//   C(m, n) = c
//
// a: M x K, b: K x N, c: M x N, all f32; b packed or plain. Each step is the fusedMultiplyAdd of IEEE 754-2019, 5.4.1.
// Targets without the instruction emulate it exactly. So the bits of C do not depend on the tier, the executor, on how
// rows are split over calls, or on how b lies in memory; nor do the caller's rounding mode and flush-to-zero bits
// matter. Infinities, overflow and subnormal numbers are as IEEE-754 has them. A NaN is stored as 7fc00000.
//
// M, N or K = 0 is legal; K = 0 writes zeros, or leaves C as it is with kAccumulate. Rows may have any stride and
// alignment. c must not overlap a or b.
//
// Errors: kWrongType (b), kMismatch (a.cols and b's K, c.rows and a.rows, c.cols and b's N), kTooSmall (a row stride),
// kTooLarge (a view that exceeds the address space), kNull, kOverlap, kOutOfMemory (scratch). Nothing is written on
// error.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b,
                           const MatrixView<float>& c, Store store = Store::kOverwrite);

}  // namespace isoquant

#endif  // ISOQUANT_FLOAT_MATMUL_H_
