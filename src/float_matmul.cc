// Operation: MatMul of f32: checks, once per call, then dispatches to the engine.
#include "isoquant/float_matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/float_call.h"

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
}  // namespace

Status MatMul(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store, ISOQUANT_DISPATCH(context, MatMulF32));
}

}  // namespace isoquant
#endif  // HWY_ONCE
