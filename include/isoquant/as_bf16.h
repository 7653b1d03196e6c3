// Public layer: products of f32 by way of bf16, where a program asks for them by name.
#ifndef ISOQUANT_AS_BF16_H_
#define ISOQUANT_AS_BF16_H_

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_matmul.h"  // FloatOutput
#include "isoquant/float_matrix.h"
#include "isoquant/matmul.h"  // Store
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// Rows of f32 that count as bf16: each value rounded once, as Convert does (to nearest, ties to even; too large ones
// become infinity). Write AsBf16{view}.
struct AsBf16 {
  MatrixView<const float> values;
};

// C(m, n) = [C(m, n) +] sum over k of r(values(m, k)) r(B(k, n)), r being that rounding: the MatMul of bf16 of
// float_matmul.h, to its bits. So with FloatMode::kExact they are the same on every CPU, and with FloatMode::kFast f32
// takes the instructions for bf16 that the CPU has. No product of f32 does so without this name.
//
// values: M x K, b: K x N, of bf16 or f32, packed or plain, c: M x N. Values are rounded on their way into the product.
// So is b of f32, in each call: to save that, keep weights packed as bf16 (Convert, then PackedWeights::Pack).
//
// Each output is within
//   (2^-7 + 2^-16) (sum over k of |values(m, k) B(k, n)|)      (2^-8 if b is of bf16)
// of the sum of the products of the values themselves, and of the error that float_matmul.h states for the mode; where
// no value is smaller than 2^-126 but 0, and none becomes infinity.
//
// What is said in float_matmul.h of sizes, strides, overlap and NaN is true here.
//
// Errors: kWrongType (b), kMismatch (a.values.cols and b's K, c.rows and a.values.rows, c.cols and b's N), kTooSmall (a
// row stride), kTooLarge (a view that exceeds the address space), kNull, kOverlap, kOutOfMemory (scratch). Nothing is
// written on error.
ISOQUANT_API Status MatMul(Context& context, const AsBf16& a, const WeightsRef& b, const MatrixView<float>& c,
                           Store store = Store::kOverwrite);

// c = clamp(activation(a b + bias)) of the same sums, from +0: the MatMul of bf16 through a FloatOutput of
// float_matmul.h, of the rounded operands, to its bits. c: M x N, f32, bf16 or f16.
//
// Errors: those above, and those of a FloatOutput.
ISOQUANT_API Status MatMul(Context& context, const AsBf16& a, const WeightsRef& b, const FloatOutput& output,
                           const FloatMatrix& c);
template <class C>
Status MatMul(Context& context, const AsBf16& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<C>& c) {
  return MatMul(context, a, b, output, FloatMatrix(c));
}

}  // namespace isoquant

#endif  // ISOQUANT_AS_BF16_H_
