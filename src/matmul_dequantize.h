// Support: products through a Dequantization, for operations that make the rows. Include it within foreach_target;
// matmul_dequantize.cc defines what it declares for outputs of f32, and matmul_dequantize_any.cc the rest.

// Per-target include guard.
#if defined(ISOQUANT_SRC_MATMUL_DEQUANTIZE_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_MATMUL_DEQUANTIZE_H_
#undef ISOQUANT_SRC_MATMUL_DEQUANTIZE_H_
#else
#define ISOQUANT_SRC_MATMUL_DEQUANTIZE_H_
#endif

#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/stages/row_scales.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

// Templates are compiled for the target of their first declaration (clang), which is this one.
HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

// c = [residual +] dequantise(a b). The arguments have been checked. If there are zero points of rows, b must have
// column sums (ColumnSumsOf). `residual` may be null. Q: int8_t or uint8_t; Y: float, BFloat16 or
// Float16.
template <class Q, class Y>
Status RunDequantized(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                      RowScales row_scales, const MatrixView<const Y>* residual, const MatrixView<Y>& c);

// Calls use(stage) with the stage that does the same to sums whose zero points have been corrected. All scales are
// known.
template <class Y>
void UseDequantizeStage(const Dequantization& d, const MatrixView<const Y>* residual, const MatrixView<Y>& c,
                        const StageUser<int32_t>& use);

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
