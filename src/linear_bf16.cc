// Operation: Linear of bf16 x: rows are quantised where they are multiplied.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status RunBf16(const LinearCall& call) { return RunLinear<BFloat16>(call); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(RunBf16);
}  // namespace

Status LinearOfBf16(const LinearCall& call) { return ISOQUANT_DISPATCH(call.context, RunBf16)(call); }

}  // namespace isoquant
#endif  // HWY_ONCE
