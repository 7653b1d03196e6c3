// Support: how the stage of a rule for 8-bit outputs meets the engine. R is a Requantization or a
// FixedPointRequantization, and Stage its stage: RequantizeStage or FixedPointStage.

// Per-target include guard.
#if defined(ISOQUANT_SRC_RUN_REQUANTIZED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_RUN_REQUANTIZED_INL_H_
#undef ISOQUANT_SRC_RUN_REQUANTIZED_INL_H_
#else
#define ISOQUANT_SRC_RUN_REQUANTIZED_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"
#include "src/batch.h"
#include "src/engine.h"
#include "src/operands.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end) of sums that are there already.
template <template <class> class Stage, class R, class Q>
HWY_INLINE void RequantizeRows(const MatrixView<const int32_t>& sums, const R& r, const MatrixView<Q>& c, size_t begin,
                               size_t end) {
  const Stage<Q> stage(r, nullptr, c);
  stage.run(stage, begin, end - begin, 0, sums.cols, sums.Row(begin), sums.row_stride);
}

// c = requantise(a b). With zero points of b, a stage in front of the other makes t.
template <template <class> class Stage, class A, class R, class Q>
HWY_INLINE Status RunRequantized(Context& context, const RowSource<A>& a, const WeightsRef& b, const R& r,
                                 const MatrixView<Q>& c) {
  const bool is_corrected = HasZeroPoints(b, r.b_zero_points);
  const Stage<Q> stage(r, is_corrected ? nullptr : ColumnSumsOf(b), c);
  if (is_corrected) return RunWithZeroPoints(context, a, b, {r.a_zero_points, r.b_zero_points}, stage);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}

// Of a batch, the stage of one product.
template <template <class> class Stage, class R, class Q>
HWY_INLINE void MakeRequantized(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                                const StageUser<int32_t>& use) {
  const auto& batch = static_cast<const StagedBatch<R, Q>&>(maker);
  const R& r = batch.parameters.At(product);
  const bool is_corrected = HasZeroPoints(b, r.b_zero_points);
  const Stage<Q> stage(r, is_corrected ? nullptr : ColumnSumsOf(b), batch.c.At(product));
  if (!is_corrected) return use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
  UseZeroPoints({r.a_zero_points, r.b_zero_points}, b, batch.RowSumsOf(product), stage, use);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
