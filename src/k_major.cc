// Operation: MatMul of f32 rows in K-major order: checks, then dispatches to the engine.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/k_major.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/k_major-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status RunKMajorF32(Context& context, const KxM<float>& a, const WeightsRef& b, const MatrixView<float>& c,
                    bool accumulate) {
  return MultiplyTransposed(context, a, b, c, accumulate);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(RunKMajorF32);
}  // namespace

Status MatMul(Context& context, const KxM<float>& a, const WeightsRef& b, const MatrixView<float>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckTransposed(a, b, c));
  return ISOQUANT_DISPATCH(context, RunKMajorF32)(context, a, b, c, store == Store::kAccumulate);
}

}  // namespace isoquant
#endif  // HWY_ONCE
