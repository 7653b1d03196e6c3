// Engine: rows of A on their way to Tile: arranged, or in place with their last steps apart; and their sums.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_ROWS_INL_H_
#undef ISOQUANT_INL_ENGINE_ROWS_INL_H_
#else
#define ISOQUANT_INL_ENGINE_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/row_sums-inl.h"
#include "isoquant/inl/util/float_environment.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// As a RowFiller must write rows for the policy.
template <class P>
constexpr ArrangedForm FormOf() {
  return {P::kPieceK, P::kKR, P::kColumnSums ? uint8_t{0x80} : uint8_t{0}, sizeof(typename P::ArrangedA) == 2};
}

// Whether tiles may read rows where they lie.
template <class P>
constexpr bool kMayReadRows = P::kReadsRows || P::kInPlaceNR != 0;

// Whether tiles of several are read in place, by TileInPlace.
template <class P>
HWY_INLINE bool IsInPlace(const TilePlan& tile) {
  return P::kInPlaceNR != 0 && tile.reads_rows;
}

// Whether rows have sums.
template <class P>
constexpr bool kHasSums = std::is_integral<typename P::A>::value;

// As the plan wants to know it.
template <class P>
HWY_INLINE RowsOfA DescribeRows(const RowSource<typename P::A>& a) {
  if (!kMayReadRows<P>) return RowsOfA::kComputed;  // the plan does not ask
  if (a.filler != nullptr) return RowsOfA::kComputed;
  if constexpr (P::kInPlaceNR != 0) {
    if (a.matrix.cols == 0 || a.matrix.cols % P::kKR != 0 || !P::MayReadInPlace()) return RowsOfA::kComputed;
  }
  const size_t stride = a.matrix.rows == 1 ? 0 : a.matrix.row_stride * sizeof(*a.matrix.data);
  const bool on_lines = (reinterpret_cast<uintptr_t>(a.matrix.data) | stride) % PackedPanels::kLineBytes == 0;
  return on_lines ? RowsOfA::kOnLines : RowsOfA::kAnywhere;
}

template <class P>
void ArrangeAndSum(const RowSource<typename P::A>& a, Part rows, bool prepares, typename P::ArrangedA* out);

// Rows as the policy arranges them. `prepares`: what there is to know of each row is not known yet (PrepareRows).
template <class P>
HWY_INLINE void ArrangeRows(const RowSource<typename P::A>& a, Part rows, bool prepares, typename P::ArrangedA* out) {
  if (HWY_UNLIKELY(!a.IsPlain())) {
    if constexpr (kHasSums<P>) {
      if (a.row_sums != nullptr) return ArrangeAndSum<P>(a, rows, prepares, out);
    }
    static constexpr ArrangedForm kForm = FormOf<P>();
    a.filler->arrange(*a.filler, rows.begin, rows.size, prepares, kForm, out);
    return;
  }
  P::ArrangeTile(a.matrix.Row(rows.begin), a.matrix.row_stride, a.matrix.cols, rows.size, out);
}

// The same, for callers who lack the registers for its loops.
template <class P>
HWY_NOINLINE void ArrangeRowsApart(const RowSource<typename P::A>& a, Part rows, bool prepares,
                                   typename P::ArrangedA* out) {
  ArrangeRows<P>(a, rows, prepares, out);
}

// Not inlined: ArrangeRows ends with its last call, and so saves no registers.
template <class P>
HWY_NOINLINE void ArrangeAndSum(const RowSource<typename P::A>& a, Part rows, bool prepares,
                                typename P::ArrangedA* out) {
  ArrangeRowsApart<P>(a.WithoutSums(), rows, prepares, out);
  if (!prepares) return;
  if (a.filler == nullptr) return SumRows(a.matrix, rows, a.row_sums);
  SumArranged<P>(out, rows.size, a.matrix.cols, a.row_sums + rows.begin);
}

// What rows that are read in place need: their last steps, zero-filled; and sums, as above.
template <class P>
void PrepareInPlace(const RowSource<typename P::A>& source, Part rows, bool prepares, typename P::ArrangedA* tails) {
  const MatrixView<const typename P::A>& a = source.matrix;
  if constexpr (kHasSums<P>) {
    if (HWY_UNLIKELY(source.row_sums != nullptr) && prepares) SumRows(a, rows, source.row_sums);
  }
  const size_t tail = a.cols % P::kKR;
  if (tail == 0) return;
  for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, tails += P::kKR) {
    std::memset(tails, 0, P::kKR * sizeof(*tails));
    std::memcpy(tails, a.Row(row) + a.cols - tail, tail * sizeof(*tails));
  }
}

// What there is to know of each row of a filler, for rows that several tasks arrange: before there are such tasks.
// `arranged` has room for a tile.
template <class P>
HWY_NOINLINE void PrepareRows(const RowSource<typename P::A>& a, Part rows, size_t tile_rows,
                              typename P::ArrangedA* arranged) {
  if constexpr (kHasSums<P>) {
    if (a.row_sums != nullptr) {
      // Once more than for the products, because only what is arranged can be summed up.
      for (size_t begin = 0; begin < rows.size; begin += tile_rows) {
        ArrangeAndSum<P>(a, {rows.begin + begin, Min(tile_rows, rows.size - begin)}, true, arranged);
      }
      return;
    }
  }
  if (a.filler->prepare != nullptr) a.filler->prepare(*a.filler, rows.begin, rows.size);
}

template <class P>
HWY_INLINE ProductShape ShapeOf(const Context& context, const RowSource<typename P::A>& a, size_t n, RowsOfA rows) {
  ProductShape shape{a.matrix.rows, a.matrix.cols, n, context.NumWorkers(), false, rows, 1};
  if (P::kNeedsTiles) shape.products_per_task = tuning::kMinTileProductsPerTask;
  return shape;
}
template <class P>
HWY_INLINE ProductShape ShapeOf(const Context& context, const RowSource<typename P::A>& a, const WeightsRef& b,
                                RowsOfA rows) {
  ProductShape shape = ShapeOf<P>(context, a, b.n(), rows);
  shape.plain_b = b.packed() == nullptr;
  if (shape.plain_b) {
    shape.transposed_b = b.transposed();
    shape.has_rows = a.filler == nullptr;
    shape.b_stride = b.plain().row_stride * sizeof(typename P::B);
    shape.sums_columns = b.column_sums() != nullptr;
    shape.b_on_lines = shape.b_stride % PackedPanels::kLineBytes == 0;
    if (shape.b_on_lines) shape.b_offset = reinterpret_cast<uintptr_t>(b.plain().data) % PackedPanels::kLineBytes;
  }
  return shape;
}

// For products of which several tasks have the same rows: finds what must be known of each row, before they run.
template <class P>
HWY_NOINLINE void PrepareRowsInTasks(Context& context, const MatMulPlan& plan, const RowSource<typename P::A>& a,
                                     uint8_t* scratch) {
  // (Plain B has one block of rows.)
  const size_t parts = Max(plan.row_blocks, Min(context.NumWorkers(), plan.m / tuning::kMinRowsPerTask));
  const auto task = [&](size_t i, size_t worker) {
    const Part rows = SplitEvenly(plan.m, parts, i);
    if constexpr (kHasSums<P>) {
      if (a.filler == nullptr) return SumRows(a.matrix, rows, a.row_sums);
    }
    const ScopedFloatEnvironment environment;
    PrepareRows<P>(a, rows, plan.tile.rows, reinterpret_cast<typename P::ArrangedA*>(scratch + worker * plan.bytes));
  };
  context.Run(parts, TaskRef(task));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
