// Operation: MatMul of f32 and of bf16: checks, once per call, then dispatches to the engine.
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
HWY_EXPORT(MatMulBf16);

HWY_INLINE Status Multiply(Context& context, const MatrixView<const float>& a, const WeightsRef& b,
                           const MatrixView<float>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulF32)(context, a, b, c, store == Store::kAccumulate);
}
HWY_INLINE Status Multiply(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b,
                           const MatrixView<float>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulBf16)(context, a, b, c, store == Store::kAccumulate);
}

template <class T>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const T>& a, const WeightsRef& b,
                                            const MatrixView<float>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands<T>(a, b, c));
  return Multiply(context, a, b, c, store);
}

// Small products take the short way, as in matmul.cc.
template <class T>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const T>& a, const WeightsRef& b,
                                   const MatrixView<float>& c, Store store) {
  if (b.packed() != nullptr && AreUsual<T>(a, *b.packed(), c)) return Multiply(context, a, b, c, store);
  return CheckAndMultiplyUnusual(context, a, b, c, store);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

Status MatMul(Context& context, const FloatMatrix& a, const WeightsRef& b, const MatrixView<float>& c, Store store) {
  if (a.type == ElementType::kBf16) return CheckAndMultiply(context, a.As<const BFloat16>(), b, c, store);
  ISOQUANT_RETURN_IF_ERROR(CheckRowType("a", a.type));
  return CheckAndMultiply(context, a.As<const float>(), b, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
