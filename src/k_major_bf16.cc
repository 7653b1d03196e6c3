// Operation: MatMul of bf16 rows in K-major order: checks, then dispatches to the engine.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/k_major_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/k_major-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status RunKMajorBf16(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c,
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
HWY_EXPORT(RunKMajorBf16);
}  // namespace

Status MatMul(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckTransposed(a, b, c));
  return ISOQUANT_DISPATCH(context, RunKMajorBf16)(context, a, b, c, store == Store::kAccumulate);
}

}  // namespace isoquant
#endif  // HWY_ONCE
