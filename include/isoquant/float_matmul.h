// Public layer: matrix multiplication of floats.
#ifndef ISOQUANT_FLOAT_MATMUL_H_
#define ISOQUANT_FLOAT_MATMUL_H_

#include <limits>

#include "isoquant/activation.h"
#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
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
// a: M x K, b: K x N, c: M x N; a and b of f32, or both of bf16, whose elements count as the f32 that they are; c of
// f32; b packed or plain. Each step is the fusedMultiplyAdd of IEEE 754-2019, 5.4.1. Targets without the instruction
// emulate it exactly. So the bits of C do not depend on the tier, the executor, on how rows are split over calls, or on
// how b lies in memory; nor do the caller's rounding mode and flush-to-zero bits matter. Those of bf16 are those of the
// same elements as f32. Infinities, overflow and subnormal numbers are as IEEE-754 has them. A NaN is stored as
// 7fc00000.
//
// With FloatMode::kFast (Context::SetFloatMode) products of bf16 use the instructions for bf16 that the CPU has:
// VDPBF16PS (tier avx512_bf16), TDPBF16PS (amx_bf16), BFDOT and BFMMLA (neon_bf16, sve_bf16). On one tier the bits of C
// are still the same for every executor, for rows that are split over calls in any way, and for b in any form; between
// tiers they differ. Each output is within
//   (K + 2) 2^-23 (|C| + sum over k of |A(m, k) B(k, n)|) + (K + 2) 2^-126 (1 + max |A(m, k)| + max |B(k, n)|)
// of the true value, where no partial sum overflows and K <= 2^22: there are K + 2 roundings at most, to nearest or, on
// Arm, to odd, and the instructions take subnormal numbers for zeros, and make zeros of subnormal sums, whatever the
// float environment. K is filled up with zeros to a multiple of two to 32, so that a sum of -0 may become +0. A NaN is
// stored as above. Products of f32 have no such mode.
//
// M, N or K = 0 is legal; K = 0 writes zeros, or leaves C as it is with kAccumulate. Rows may have any stride and
// alignment. c must not overlap a or b.
//
// Errors: kWrongType (b; a, if it is a FloatMatrix), kMismatch (a.cols and b's K, c.rows and a.rows, c.cols and b's N),
// kTooSmall (a row stride), kTooLarge (a view that exceeds the address space), kNull, kOverlap, kOutOfMemory (scratch).
// Nothing is written on error.
ISOQUANT_API Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b,
                           const MatrixView<float>& c, Store store = Store::kOverwrite);

// The same of f32 or bf16. (The second is a template without a use for its parameter, so that f32 comes first where a
// null pointer does not say its type. So are those further on.)
ISOQUANT_API Status MatMul(Context& context, const FloatMatrix& a, const WeightsRef& b, const MatrixView<float>& c,
                           Store store = Store::kOverwrite);
template <int = 0>
Status MatMul(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c,
              Store store = Store::kOverwrite) {
  return MatMul(context, FloatMatrix(a), b, c, store);
}

// What becomes of sums.
struct FloatOutput {
  VectorView<const float> bias;  // N, or empty for none
  Activation activation = Activation::kNone;
  float activation_parameter = 0.0f;  // the slope of kLeakyRelu
  // A clamp behind the activation: kRelu and max = 6 are ReLU6.
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};

// c = clamp(activation(a b + bias)), a: M x K, f32 or bf16; b: K x N, of a's type; c: M x N, f32, bf16 or f16. Exactly
// these steps, each an IEEE-754 binary32 operation, rounded to nearest even:
//   v = the chain from +0 above
//   v = v + bias[n]                                                (if there is a bias)
//   v = activation(v)                                              (to the bits of Activate, activation.h)
//   v = v < min ? min : v;  v = v > max ? max : v                  (NaN stays NaN)
//   c = v, rounded once to the type of c: to nearest, ties to even (bf16 and f16, as Convert does)
// What is said above of tiers, executors and memory is true of these bits too. A NaN is stored as 7fc00000 (bf16: 7fc0,
// f16: 7e00).
//
// Errors: those above, kMismatch, kNull and kOverlap for the bias, and kInvalidValue (activation; min or max: NaN, or
// min > max).
ISOQUANT_API Status MatMul(Context& context, const FloatMatrix& a, const WeightsRef& b, const FloatOutput& output,
                           const FloatMatrix& c);
inline Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const FloatOutput& output,
                     const MatrixView<float>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<BFloat16>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<Float16>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<float>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<BFloat16>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}
template <int = 0>
Status MatMul(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<Float16>& c) {
  return MatMul(context, FloatMatrix(a), b, output, FloatMatrix(c));
}

}  // namespace isoquant

#endif  // ISOQUANT_FLOAT_MATMUL_H_
