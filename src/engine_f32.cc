// Engine: driver and kernels for products of f32, for all targets.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/engine_f32.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/engine/in_place-inl.h"
#include "src/engine.h"
#include "src/run_problem-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

Status MatMulF32(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
                 bool accumulate) {
#if ISOQUANT_FLOATS_IN_PLACE
  if (IsTileInPlace(a, b, c.cols)) return MultiplyTileInPlace(a, b, c, accumulate);
  if (SuitsInPlace(a, b, c.cols)) return MultiplyInPlace(context, a, b, c, accumulate);
#endif
  return RunProblem<F32Problem>(context, a, b, StoreSums<float>{c.data, c.row_stride, accumulate});
}

Status MatMulRows(Context& context, const RowSource<float>& a, const WeightsRef& b, const MatrixView<float>& c,
                  bool accumulate) {
  return RunPlain<F32Problem>(context, a, b, StoreSums<float>{c.data, c.row_stride, accumulate});
}

#ifndef ISOQUANT_ONLY_LINEAR
Status RunEngine(Context& context, const RowSource<float>& a, const WeightsRef& b, StageRef<float> stage) {
  return RunProblem<F32Problem>(context, a, b, stage);
}

Status RunBatchF32(Context& context, const Products<float, float>& products) {
  return RunBatchOf<F32Problem>(context, products);
}
#endif

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
