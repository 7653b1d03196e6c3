// Support: what engine.h declares. Each of engine_*.cc includes this for targets of its own: those for which
// ISOQUANT_ENGINE_HAS_TARGET is true. (It is included for the
// others too: the include guard counts on one inclusion for each target.)

// Per-target include guard.
#if defined(ISOQUANT_SRC_ENGINE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ENGINE_INL_H_
#undef ISOQUANT_SRC_ENGINE_INL_H_
#else
#define ISOQUANT_SRC_ENGINE_INL_H_
#endif

#include "isoquant/inl/matmul-inl.h"
#include "src/check.h"
#include "src/engine.h"
#include "src/pack.h"

#if ISOQUANT_ENGINE_HAS_TARGET

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Plain weights are packed while they are multiplied, or before, as the plan says.
template <class Problem, class Stage>
HWY_NOINLINE Status RunPlain(Context& context, RowSource<typename Problem::A> a, const WeightsRef& b,
                             const Stage& stage) {
  if (PacksOnTheWay(a.matrix.rows, b.k(), b.n(), context.NumWorkers(), DetectedCaches())) {
    return SolvePlain<Problem>(context, a, b, stage);
  }
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, b, panels));
  return SolvePlain<Problem>(context, a, WeightsRef(panels), stage);
}

template <class Problem, class Stage>
HWY_INLINE Status Run(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                      const Stage& stage) {
  if (HWY_UNLIKELY(b.packed() == nullptr)) return RunPlain<Problem>(context, a, b, Stage(stage));
  return SolveProblem<Problem>(context, a, *b.packed(), stage);
}

}  // namespace

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return Run<Int8Problem<int8_t>>(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return Run<Int8Problem<uint8_t>>(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

Status RunEngine(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  return Run<Int8Problem<int8_t>>(context, a, b, stage);
}
Status RunEngine(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  return Run<Int8Problem<uint8_t>>(context, a, b, stage);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_ENGINE_HAS_TARGET
#endif  // per-target include guard
