// Support: products through a Dequantization: which stages they have. matmul_dequantize.cc and matmul_dequantize_any.cc
// include this: they compile the stages, for all operations.

// Per-target include guard.
#if defined(ISOQUANT_SRC_RUN_DEQUANTIZED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_RUN_DEQUANTIZED_INL_H_
#undef ISOQUANT_SRC_RUN_DEQUANTIZED_INL_H_
#else
#define ISOQUANT_SRC_RUN_DEQUANTIZED_INL_H_
#endif

#undef ISOQUANT_RUN_DEQUANTIZED
#define ISOQUANT_RUN_DEQUANTIZED(Q, Y)                                                                          \
  template Status RunDequantized<Q, Y>(Context&, const RowSource<Q>&, const WeightsRef&, const Dequantization&, \
                                       RowScales, const MatrixView<const Y>*, const MatrixView<Y>&)
#undef ISOQUANT_USE_DEQUANTIZE_STAGE
#define ISOQUANT_USE_DEQUANTIZE_STAGE(Y)                                                                       \
  template void UseDequantizeStage<Y>(const Dequantization&, const MatrixView<const Y>*, const MatrixView<Y>&, \
                                      const StageUser<int32_t>&)

#include "isoquant/inl/stages/dequantize-inl.h"
#include "isoquant/inl/stages/finish-inl.h"
#include "src/engine.h"
#include "src/finish.h"
#include "src/matmul_dequantize.h"
#include "src/operands.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

namespace {

// Not inlined: the path of small calls is short.
template <class Q>
HWY_NOINLINE Status RunCorrected(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                                 const StageBase<int32_t>& stage) {
  return RunWithZeroPoints(context, a, b, {d.row_zero_points, d.column_zero_points}, stage);
}

// With `is_corrected` zero points are no matter of the stage: it was made without column sums.
template <class Q>
HWY_INLINE Status RunStages(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                            bool is_corrected, const StageBase<int32_t>& stage) {
  if (HWY_UNLIKELY(is_corrected)) return RunCorrected(context, a, b, d, stage);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}

// Not inlined either.
template <class Q, class Y>
HWY_NOINLINE Status RunAndFinish(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                                 RowScales row_scales, const MatrixView<const Y>* residual, const MatrixView<Y>& c) {
  const bool is_corrected = HasZeroPoints(b, d.column_zero_points);
  const DequantizeStage<float> linear(d, is_corrected ? nullptr : ColumnSumsOf(b), MatrixView<float>(), row_scales);
  const FinishStage stage(linear, d, residual, c);
  return RunStages(context, a, b, d, is_corrected, stage);
}

}  // namespace

template <class Q, class Y>
Status RunDequantized(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                      RowScales row_scales, const MatrixView<const Y>* residual, const MatrixView<Y>& c) {
  if (HWY_UNLIKELY(residual != nullptr || NeedsFinish(d))) {
    return RunAndFinish(context, a, b, d, row_scales, residual, c);
  }
  const bool is_corrected = HasZeroPoints(b, d.column_zero_points);
  const DequantizeStage<Y> stage(d, is_corrected ? nullptr : ColumnSumsOf(b), c, row_scales);
  return RunStages(context, a, b, d, is_corrected, stage);
}

template <class Y>
void UseDequantizeStage(const Dequantization& d, const MatrixView<const Y>* residual, const MatrixView<Y>& c,
                        const StageUser<int32_t>& use) {
  if (residual != nullptr || NeedsFinish(d)) {
    const DequantizeStage<float> linear(d, nullptr, MatrixView<float>(), RowScales::kKnown);
    const FinishStage stage(linear, d, residual, c);
    return use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
  }
  const DequantizeStage<Y> stage(d, nullptr, c, RowScales::kKnown);
  use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
