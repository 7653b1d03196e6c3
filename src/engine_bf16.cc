// Engine: driver and kernels for products of bf16, for all targets.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/engine_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "src/engine.h"
#include "src/run_problem-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

Status MatMulBf16(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b,
                  const MatrixView<float>& c, bool accumulate) {
  return RunProblem<Bf16Problem>(context, a, b, StoreSums<float>{c.data, c.row_stride, accumulate});
}

Status MatMulRows(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c,
                  bool accumulate) {
  return RunPlain<Bf16Problem>(context, a, b, StoreSums<float>{c.data, c.row_stride, accumulate});
}

Status RunEngine(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, StageRef<float> stage) {
  return RunProblem<Bf16Problem>(context, a, b, stage);
}

Status RunBatchBf16(Context& context, const Products<BFloat16, float>& products) {
  return RunBatchOf<Bf16Problem>(context, products);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
