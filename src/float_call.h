// Support: what MatMul of f32 and of bf16 share: checks, and the short way of small products.
#ifndef ISOQUANT_SRC_FLOAT_CALL_H_
#define ISOQUANT_SRC_FLOAT_CALL_H_

#include "src/operands.h"

namespace isoquant {

// A function of engine.h, of the target that the Context chose.
template <class T>
using MultiplyFloats = Status (*)(Context&, const MatrixView<const T>&, const WeightsRef&, const MatrixView<float>&,
                                  bool accumulate);

template <class T>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const T>& a, const WeightsRef& b,
                                            const MatrixView<float>& c, Store store, MultiplyFloats<T> multiply) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands<T>(a, b, c));
  return multiply(context, a, b, c, store == Store::kAccumulate);
}

// Small products take the short way, as in matmul.cc.
template <class T>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const T>& a, const WeightsRef& b,
                                   const MatrixView<float>& c, Store store, MultiplyFloats<T> multiply) {
  if (AreUsual<T>(a, b, c)) {
    return multiply(context, a, b, c, store == Store::kAccumulate);
  }
  return CheckAndMultiplyUnusual(context, a, b, c, store, multiply);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FLOAT_CALL_H_
