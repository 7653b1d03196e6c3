// Operation: MatMul of f32 or bf16, as the type of A says: checks, once per call, then dispatches to the engine.
#include "isoquant/float_matmul.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/float_call.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/float_matmul_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(MatMulBf16);
}  // namespace

Status MatMul(Context& context, const FloatMatrix& a, const WeightsRef& b, const MatrixView<float>& c, Store store) {
  if (a.type == ElementType::kBf16) {
    return CheckAndMultiply(context, a.As<const BFloat16>(), b, c, store, ISOQUANT_DISPATCH(context, MatMulBf16));
  }
  ISOQUANT_RETURN_IF_ERROR(CheckRowType("a", a.type));
  return MatMul(context, a.As<const float>(), b, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
