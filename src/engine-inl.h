// Support: what engine_*.cc instantiate: a product with packed or plain weights.

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
#include "src/panels.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Plain weights are packed while they are multiplied, or before, as the plan says.
template <class Problem, class Stage>
HWY_NOINLINE Status RunPlain(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                             const Stage& stage) {
  if (PacksOnTheWay(a.matrix.rows, b.k(), b.n(), context.NumWorkers(), DetectedCaches())) {
    return SolveProblem<Problem>(context, a, b, stage);
  }
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, b, panels));
  return SolveProblem<Problem>(context, a, WeightsRef(panels), stage);
}

template <class Problem, class Stage>
HWY_INLINE Status Run(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                      const Stage& stage) {
  if (HWY_UNLIKELY(b.packed() == nullptr)) return RunPlain<Problem>(context, a, b, stage);
  return SolveProblem<Problem>(context, a, b, stage);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
