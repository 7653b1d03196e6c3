// Support: products with zero points of both operands, through any stage. Include it within foreach_target;
// zero_points.cc defines what it declares.

// Per-target include guard.
#if defined(ISOQUANT_SRC_ZERO_POINTS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ZERO_POINTS_H_
#undef ISOQUANT_SRC_ZERO_POINTS_H_
#else
#define ISOQUANT_SRC_ZERO_POINTS_H_
#endif

#include <cstdint>

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matmul.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

#ifndef ISOQUANT_SRC_ZERO_POINTS_ONCE_
#define ISOQUANT_SRC_ZERO_POINTS_ONCE_
namespace isoquant {

// Whether what the panels of b hold has zero points: those of b, `zero_points`, less what is taken off u8. Models often
// have vectors of zeros: the products of those need no sums of rows.
bool HasAnyOtherThan(int32_t value, const VectorView<const int32_t>& zero_points);
HWY_INLINE bool HasZeroPoints(const WeightsRef& b, const VectorView<const int32_t>& zero_points) {
  if (HWY_LIKELY(zero_points.size == 0)) return b.type() == ElementType::kU8;
  return HasAnyOtherThan(PackedPanels::OffsetOf(b.type()), zero_points);
}

}  // namespace isoquant
#endif  // ISOQUANT_SRC_ZERO_POINTS_ONCE_

namespace isoquant {
namespace HWY_NAMESPACE {

// The stage runs for all outputs of A B, with t = sum over k of (a - z.a)(b - z.b) in place of sums: it must not
// correct zero points itself. The arguments have been checked. If there are zero points of a, b must have
// column sums (ColumnSumsOf). Use it where HasZeroPoints(b, z.b); else RunEngine, with zero points of a left to the
// stage, is faster.
Status RunWithZeroPoints(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                         const StageBase<int32_t>& stage);
Status RunWithZeroPoints(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                         const StageBase<int32_t>& stage);

// c = [c +] t.
Status MatMulZerosS8(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                     const MatrixView<int32_t>& c, bool accumulate);
Status MatMulZerosU8(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                     const MatrixView<int32_t>& c, bool accumulate);

// Calls use(stage) with the stage that makes t and hands it to `next`, or stores it in c. `row_sums` are read if
// HasZeroPoints(b, z.b).
void UseZeroPoints(const ZeroPoints& z, const WeightsRef& b, const int32_t* row_sums, const StageBase<int32_t>& next,
                   const StageUser<int32_t>& use);
void UseZeroPointsOfSums(const ZeroPoints& z, const WeightsRef& b, const int32_t* row_sums,
                         const MatrixView<int32_t>& c, bool accumulate, const StageUser<int32_t>& use);

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
