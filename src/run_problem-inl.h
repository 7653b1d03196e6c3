// Support: runs a problem, with weights of any kind. For the engine_*.cc: whoever includes it compiles driver and
// kernels.

// Per-target include guard.
#if defined(ISOQUANT_SRC_RUN_PROBLEM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_RUN_PROBLEM_INL_H_
#undef ISOQUANT_SRC_RUN_PROBLEM_INL_H_
#else
#define ISOQUANT_SRC_RUN_PROBLEM_INL_H_
#endif

#include "isoquant/inl/engine/column_sums.h"
#include "isoquant/inl/matmul-inl.h"
#include "src/check.h"
#include "src/pack.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Plain weights are packed while they are multiplied, or before, as the plan says. (Packed ones may come too: those of
// products that have no short way.)
template <class Problem, class Stage>
HWY_NOINLINE Status RunPlain(Context& context, RowSource<typename Problem::A> a, const WeightsRef& b,
                             const Stage& stage) {
  if (b.packed() != nullptr ||
      PacksOnTheWay<typename Problem::Acc>(a.matrix.rows, b.k(), b.n(), context.NumWorkers(), DetectedCaches())) {
    return SolvePlain<Problem>(context, a, b, stage);
  }
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, b, panels));
  if (b.column_sums() != nullptr) StoreColumnSums(b, 0, b.n(), panels.column_sums, false);
  return SolvePlain<Problem>(context, a, WeightsRef(panels), stage);
}

template <class Problem, class Stage>
HWY_INLINE Status RunProblem(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                             const Stage& stage) {
  if (HWY_UNLIKELY(b.packed() == nullptr)) return RunPlain<Problem>(context, a, b, Stage(stage));
  return SolveProblem<Problem>(context, a, *b.packed(), stage);
}

// Plain weights that serve several products are packed before, too: once.
template <class Problem>
HWY_INLINE Status RunBatchOf(Context& context,
                             const Products<typename Problem::A, typename Problem::Acc>& products_in) {
  Products<typename Problem::A, typename Problem::Acc> products = products_in;
  if (!products.IsPlain()) return SolveBatch<Problem>(context, products);
  const WeightsRef b = products.b.At(0);
  const size_t count = products.a.count;
  const bool on_the_way = products.b.count() == count &&
                          PacksOnTheWay<typename Problem::Acc>(products.a.rows, b.k(), b.n(),
                                                               DivideUp(context.NumWorkers(), count), DetectedCaches());
  if (on_the_way) return SolveBatch<Problem>(context, products);
  PackedPanels first;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, products.b, first, products.packed_bytes));
  products.packed = &first;
  return SolveBatch<Problem>(context, products);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
