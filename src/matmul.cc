// Operation: MatMul to int32: checks, once per call, then dispatches to the engine.
#include "isoquant/matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MatMulS8);
HWY_EXPORT(MatMulU8);

Status Multiply(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulS8)(context, a, b, c, store == Store::kAccumulate);
}
Status Multiply(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulU8)(context, a, b, c, store == Store::kAccumulate);
}

template <class A>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                            const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  return Multiply(context, a, b, c, store);
}

// Small products take the short way: no Status before their own (20 instructions less of 109).
template <class A>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                   const MatrixView<int32_t>& c, Store store) {
  if (b.packed() != nullptr && AreUsual(a, *b.packed(), c)) return Multiply(context, a, b, c, store);
  return CheckAndMultiplyUnusual(context, a, b, c, store);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
