// Support: what engine.h declares. Each of engine_*.cc includes this for targets of its own: those for which
// ISOQUANT_ENGINE_HAS_TARGET is true. For the others the compiler does not even read Highway: half a second each.

#if !ISOQUANT_ENGINE_HAS_TARGET

// As if the target had not been there: per-target include guards count on one inclusion for each target.
#ifdef HWY_TARGET_TOGGLE
#undef HWY_TARGET_TOGGLE
#else
#define HWY_TARGET_TOGGLE
#endif

// Per-target include guard.
#elif defined(ISOQUANT_SRC_ENGINE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ENGINE_INL_H_
#undef ISOQUANT_SRC_ENGINE_INL_H_
#else
#define ISOQUANT_SRC_ENGINE_INL_H_
#endif

#include "hwy/highway.h"
#include "src/engine.h"
#include "src/run_problem-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

Status RunEngine(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  return RunProblem<Int8Problem<int8_t> >(context, a, b, stage);
}
Status RunEngine(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  return RunProblem<Int8Problem<uint8_t> >(context, a, b, stage);
}

#ifndef ISOQUANT_ONLY_LINEAR
Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return RunProblem<Int8Problem<int8_t> >(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return RunProblem<Int8Problem<uint8_t> >(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

Status MatMulRows(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                  bool accumulate) {
  return RunProblem<Int8Problem<int8_t> >(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulRows(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                  bool accumulate) {
  return RunProblem<Int8Problem<uint8_t> >(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

Status RunBatchS8(Context& context, const Products<int8_t, int32_t>& products) {
  return RunBatchOf<Int8Problem<int8_t> >(context, products);
}
Status RunBatchU8(Context& context, const Products<uint8_t, int32_t>& products) {
  return RunBatchOf<Int8Problem<uint8_t> >(context, products);
}
#endif

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_ENGINE_HAS_TARGET, per-target include guard
