// Operation: MatMul of f32: checks, once per call, then dispatches to the engine.
#include "isoquant/float_matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/float_matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MatMulF32);

Status Multiply(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulF32)(context, a, b, c, store == Store::kAccumulate);
}

HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const float>& a, const WeightsRef& b,
                                            const MatrixView<float>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands<float>(a, b, c));
  return Multiply(context, a, b, c, store);
}

}  // namespace

// Small products take the short way, as in matmul.cc.
Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
              Store store) {
  if (b.packed() != nullptr && AreUsual<float>(a, *b.packed(), c)) return Multiply(context, a, b, c, store);
  return CheckAndMultiplyUnusual(context, a, b, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
