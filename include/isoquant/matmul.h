// Public layer: integer matrix multiplication.
#ifndef ISOQUANT_MATMUL_H_
#define ISOQUANT_MATMUL_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

enum class Store : uint8_t {
  kOverwrite,   // C = A B
  kAccumulate,  // C = C + A B
};

// C(m, n) = [C(m, n) +] sum over k of A(m, k) B(k, n), exact modulo 2^32.
//
// a: M x K, s8 or u8; b: K x N, s8 or u8; c: M x N, s32. All values of the operand types are exact, -128 and 255
// included: no intermediate saturates. Without accumulation no sum wraps up to K = 33,025 (u8 x u8), 65,793 (u8 x s8,
// s8 x u8) or 131,071 (s8 x s8).
// M, N or K = 0 is legal; K = 0 writes zeros, or leaves C as it is with kAccumulate.
// Rows may have any stride and alignment. c must not overlap a or b.
// The bits of C do not depend on the tier, the executor, or on how rows are split over calls.
//
// Errors: kWrongType (b), kMismatch (a.cols and b's K, c.rows and a.rows, c.cols and b's N), kTooSmall (a row stride),
// kTooLarge (a view that exceeds the address space), kNull, kOverlap, kOutOfMemory (scratch). Nothing is written on
// error.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const MatrixView<int32_t>& c, Store store = Store::kOverwrite);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const MatrixView<int32_t>& c, Store store = Store::kOverwrite);

// What stands for zero in operands.
struct ZeroPoints {
  VectorView<const int32_t> a;  // M, or 1 for all rows, or empty for zero
  VectorView<const int32_t> b;  // N, or 1 for all columns, or empty for zero
};

// C(m, n) = [C(m, n) +] sum over k of (A(m, k) - z.a[m]) (B(k, n) - z.b[n]), exact modulo 2^32, for any zero points:
// MatMulInteger of ONNX. The rest is as above. The vectors must not overlap c.
//
// Errors: those above; kMismatch, kNull and kOverlap for the vectors.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
                           const ZeroPoints& z, const MatrixView<int32_t>& c, Store store = Store::kOverwrite);
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                           const ZeroPoints& z, const MatrixView<int32_t>& c, Store store = Store::kOverwrite);

}  // namespace isoquant

#endif  // ISOQUANT_MATMUL_H_
