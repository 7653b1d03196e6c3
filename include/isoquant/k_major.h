// Public layer: products of floats whose A lies transposed, as a gradient with respect to weights has it.
#ifndef ISOQUANT_K_MAJOR_H_
#define ISOQUANT_K_MAJOR_H_

#include <type_traits>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_matmul.h"  // FloatOutput
#include "isoquant/float_matrix.h"
#include "isoquant/float_types.h"
#include "isoquant/matmul.h"  // Store
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// A in K-major order: row k of `values` holds the k-th value of each of the M rows of A, A(m, k) = values(k, m). T is
// float or BFloat16. Write KxM{view}, or KxM<float>{{pointer, k, m}}, as with KxN and NxK of b. (With them a product
// has its operands in any of the four orders. Back-propagation through y = x w^T, say, needs three: y = x NxK{w}, dx =
// dy KxN{w}, dw = KxM{dy} KxN{x}.)
template <class T>
struct KxM {
  MatrixView<const T> values;
};
template <class T>
KxM(const MatrixView<T>&) -> KxM<std::remove_const_t<T>>;

// C(m, n) = [C(m, n) +] sum over k of values(k, m) B(k, n): the MatMul of float_matmul.h of the transposed matrix, to
// its bits, in every mode. values: K x M, b: K x N, packed or plain, c: M x N. Nobody needs to transpose it in memory
// before: a few rows at a time are transposed on their way into the product.
//
// What is said in float_matmul.h of sizes, strides and overlap is true here.
//
// Errors: kWrongType (b), kMismatch (a.values.rows and b's K, c.rows and a.values.cols, c.cols and b's N), kTooSmall (a
// row stride), kTooLarge (a view that exceeds the address space), kNull, kOverlap, kOutOfMemory (scratch). Nothing is
// written on error.
ISOQUANT_API Status MatMul(Context& context, const KxM<float>& a, const WeightsRef& b, const MatrixView<float>& c,
                           Store store = Store::kOverwrite);
ISOQUANT_API Status MatMul(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c,
                           Store store = Store::kOverwrite);

// c = clamp(activation(a b + bias)) of the same sums, from +0: the MatMul through a FloatOutput of float_matmul.h of
// the transposed matrix, to its bits. c: M x N, f32, bf16 or f16.
//
// Errors: those above, and those of a FloatOutput.
ISOQUANT_API Status MatMul(Context& context, const KxM<float>& a, const WeightsRef& b, const FloatOutput& output,
                           const FloatMatrix& c);
ISOQUANT_API Status MatMul(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
                           const FloatMatrix& c);
template <class T, class C>
Status MatMul(Context& context, const KxM<T>& a, const WeightsRef& b, const FloatOutput& output,
              const MatrixView<C>& c) {
  return MatMul(context, a, b, output, FloatMatrix(c));
}

}  // namespace isoquant

#endif  // ISOQUANT_K_MAJOR_H_
