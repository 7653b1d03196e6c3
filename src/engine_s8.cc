// Engine: driver and kernels for rows of s8, compiled once for each target.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/engine_s8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "src/engine-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return Run<Int8Problem<int8_t>>(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

Status RunEngine(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  return Run<Int8Problem<int8_t>>(context, a, b, stage);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
