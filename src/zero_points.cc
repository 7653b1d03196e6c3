// Support: products with zero points of both operands: memory for sums of rows, and the stage in front of the stage.
#include <algorithm>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/zero_points.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/stages/zero_points-inl.h"
#include "src/engine.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Where t goes: to the next stage, or, if that is null, to c.
struct Destination {
  const StageBase<int32_t>* next;
  MatrixView<int32_t> c;
  bool accumulates;
};

template <class A>
Status Run(Context& context, const RowSource<A>& a, const WeightsRef& b, const ZeroPoints& z, const Destination& to) {
  RowSource<A> rows = a;
  ZeroPointTerm term{z.a, {}, 0, b.k(), ColumnSumsOf(b), nullptr};
  if (HasZeroPoints(b, z.b)) {
    const size_t bytes = a.matrix.rows * sizeof(int32_t);
    rows.row_sums = reinterpret_cast<int32_t*>(context.Scratch(Context::ScratchOwner::kRowSums, bytes));
    if (rows.row_sums == nullptr) return Status(StatusCode::kOutOfMemory, "sums of rows", bytes, "", 0);
    term.b = z.b;
    term.b_offset = PackedPanels::OffsetOf(b.type());
    term.row_sums = rows.row_sums;
  }
  const ZeroPointStage stage =
      to.next != nullptr ? ZeroPointStage(term, *to.next) : ZeroPointStage(term, to.c, to.accumulates);
  return RunEngine(context, rows, b, StageRef<int32_t>(stage));
}

}  // namespace

Status RunWithZeroPoints(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                         const StageBase<int32_t>& stage) {
  return Run(context, a, b, z, {&stage, {}, false});
}
Status RunWithZeroPoints(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                         const StageBase<int32_t>& stage) {
  return Run(context, a, b, z, {&stage, {}, false});
}

Status MatMulZerosS8(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                     const MatrixView<int32_t>& c, bool accumulate) {
  return Run(context, a, b, z, {nullptr, c, accumulate});
}
Status MatMulZerosU8(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                     const MatrixView<int32_t>& c, bool accumulate) {
  return Run(context, a, b, z, {nullptr, c, accumulate});
}

namespace {

ZeroPointTerm TermOf(const ZeroPoints& z, const WeightsRef& b, const int32_t* row_sums) {
  if (!HasZeroPoints(b, z.b)) return {z.a, {}, 0, b.k(), ColumnSumsOf(b), nullptr};
  return {z.a, z.b, PackedPanels::OffsetOf(b.type()), b.k(), ColumnSumsOf(b), row_sums};
}

}  // namespace

void UseZeroPoints(const ZeroPoints& z, const WeightsRef& b, const int32_t* row_sums, const StageBase<int32_t>& next,
                   const StageUser<int32_t>& use) {
  const ZeroPointStage stage(TermOf(z, b, row_sums), next);
  use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
}
void UseZeroPointsOfSums(const ZeroPoints& z, const WeightsRef& b, const int32_t* row_sums,
                         const MatrixView<int32_t>& c, bool accumulate, const StageUser<int32_t>& use) {
  const ZeroPointStage stage(TermOf(z, b, row_sums), c, accumulate);
  use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {

bool HasAnyOtherThan(int32_t value, const VectorView<const int32_t>& zero_points) {
  return std::any_of(zero_points.data, zero_points.data + zero_points.size, [=](int32_t z) { return z != value; });
}

}  // namespace isoquant
#endif  // HWY_ONCE
