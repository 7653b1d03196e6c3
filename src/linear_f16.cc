// Operation: Linear of f16 x: rows are quantised where they are multiplied.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear_f16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status RunF16(const LinearCall& call) { return RunLinear<Float16>(call); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(RunF16);
}  // namespace

Status LinearOfF16(const LinearCall& call) { return ISOQUANT_DISPATCH(call.context, RunF16)(call); }

}  // namespace isoquant
#endif  // HWY_ONCE
