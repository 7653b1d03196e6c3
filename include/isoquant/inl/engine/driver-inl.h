// Engine: the driver of all products: plans, tasks and what a task does. It knows no ISA.
//
// Few rows are one tile: see lone_tile-inl.h. More rows are cut into blocks (A arranged once, or in place, to stay in
// L2), see matmul_block-inl.h. Where all of B stays in L2, a block is one tile of rows, and LoneTile runs it.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_DRIVER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#undef ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#else
#define ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/context.h"
#include "isoquant/inl/engine/lone_tile-inl.h"
#include "isoquant/inl/engine/matmul_block-inl.h"
#include "isoquant/inl/engine/plain_float_rows-inl.h"
#include "isoquant/inl/engine/plain_rows-inl.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/engine/window_block-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Not inlined: the path of small calls is short.
[[maybe_unused]] HWY_NOINLINE Status OutOfScratch(size_t bytes) {
  return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
}

// The units of a product: a block of rows times a part of the columns. A task is some of them, one after the other. Not
// inlined: batches of products have the same units.
template <class P, class Stage>
struct ProductUnits {
  using Carry = typename LoneTile<P, Stage>::Carry;
  const MatMulPlan& plan;
  const RowSource<typename P::A>& a;
  bool prepares;
  const WeightsRef& b;
  const Stage& stage;
  uint8_t* scratch;  // plan.bytes for each worker

  HWY_NOINLINE void Run(Part units, size_t worker) const {
    const StageEnvironment<typename P::Acc> environment(stage);
    Carry carry(stage);
    for (size_t i = 0; i < units.size; ++i) RunUnit(units.begin + i, scratch + worker * plan.bytes, carry);
    if constexpr (P::kRunsBetween) carry.waiting.Finish();
    EndStreams(stage);
  }

 private:
  void RunUnit(size_t i, uint8_t* own, Carry& carry) const {
    const PackedPanels* packed = b.packed();
    if constexpr (!std::is_void<typename P::PlainTile>::value) {
      if (plan.reads_plain) {
        using Rows =
            std::conditional_t<std::is_integral<typename P::Acc>::value, PlainRows<P, Stage>, PlainFloatRows<P, Stage>>;
        return Rows(plan, a, prepares, b, stage, own).Run(SplitEvenly(plan.groups, plan.column_parts, i));
      }
    }
    const size_t block = plan.column_parts == 1 ? i : i / plan.column_parts;
    const Part rows = SplitEvenly(plan.m, plan.row_blocks, block);
    const Part groups = SplitEvenly(plan.groups, plan.column_parts, i - block * plan.column_parts);
    if (packed != nullptr && rows.size <= plan.tile.rows && !IsInPlace<P>(plan.tile)) {
      const size_t begin = groups.begin * plan.tile.cols;
      const size_t size = Min(groups.size * plan.tile.cols, plan.n - begin);
      LoneTile<P, Stage>::Run(plan.tile, a, rows, prepares, *packed, {begin, size}, stage, own, own + plan.tiles_at,
                              carry);
    } else {
      if constexpr (P::kRunsBetween) carry.waiting.Finish();  // its sums lie in `own`
      MatMulBlock<P, Stage>(plan, a, prepares, b, stage, own, carry.state).Run(rows, groups);
    }
  }
};

// In blocks and tasks. Not inlined: the path of small calls is short.
template <class P, class Stage>
HWY_NOINLINE Status MatMulInTasks(Context& context, RowSource<typename P::A> a, const WeightsRef& b,
                                  const Stage& stage) {
  if constexpr (!std::is_void<typename P::WindowTile>::value) {
    WindowPlan plan;
    if (PlanWindowsOf<P>(context, a, b.packed(), stage, plan)) {
      return MatMulOfWindows<P>(context, *a.filler->windows, plan, *b.packed(), stage);
    }
  }
  ProductShape shape = ShapeOf<P>(context, a, b, DescribeRows<P>(a));
  shape.no_buffer = PlainSums<typename P::Acc>(stage) != nullptr || MayFinish(stage);
  const MatMulPlan plan = PlanMatMul(TraitsOf<P>(), shape, DetectedCaches());
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, shape.workers * plan.bytes);
  if (scratch == nullptr) return OutOfScratch(shape.workers * plan.bytes);
  const bool prepares = plan.column_parts == 1;
  if (!prepares && ((a.filler != nullptr && a.filler->prepare != nullptr) || a.row_sums != nullptr)) {
    PrepareRowsInTasks<P>(context, plan, a, scratch);
  }
  const ProductUnits<P, Stage> all{plan, a, prepares, b, stage, scratch};
  const size_t units = plan.row_blocks * plan.column_parts;
  const size_t most_tasks = P::kRunsBetween ? tuning::kTasksOfUnits * shape.workers : units;
  const size_t tasks = IsForOneWorker(shape) ? 1 : Min(units, most_tasks);
  const auto task = [&](size_t i, size_t worker) { all.Run(SplitEvenly(units, tasks, i), worker); };
  context.Run(tasks, TaskRef(task));
  return Status();
}

// Whether sums are written past the caches: so much of C would only pass through L2, and be read before it is written.
// (AMX on Emerald Rapids: 2048/2048/2048 1.05 to 1.2 times as fast; 1024/1024/1024, where C has two L2's, 0.9 times.)
template <class Acc>
HWY_INLINE bool StreamsSums(const StoreSums<Acc>& sums, size_t m, size_t n) {
  const size_t c_bytes = m * n * sizeof(Acc);
  if (sums.accumulate || c_bytes <= tuning::kSmallestStreamedC) return false;
  const size_t misaligned = reinterpret_cast<uintptr_t>(sums.c) | sums.c_stride * sizeof(Acc);
  return misaligned % PackedPanels::kLineBytes == 0 && c_bytes > tuning::kL2sOfStreamedC * DetectedCaches().L2Bytes();
}

// A StageRef or StoreSums goes on as an AnyStage: both kinds share one instance of MatMulInTasks.
template <class P, class Stage>
HWY_INLINE Status MatMulOfAnyStage(Context& context, const RowSource<typename P::A>& a, const WeightsRef& b,
                                   const Stage& stage) {
  using Any = AnyStage<typename P::Acc>;
  if constexpr (std::is_constructible<Any, const Stage&>::value) {
    const Stage copy = stage;  // so that the stage itself may stay in registers
    Any any(copy);
    if constexpr (P::kRunsBetween && std::is_same<Stage, StoreSums<typename P::Acc>>::value) {
      any.streams = StreamsSums(copy, a.matrix.rows, b.n());
    }
    return MatMulInTasks<P>(context, a, b, any);
  } else {
    return MatMulInTasks<P>(context, a, b, stage);
  }
}

// With packed weights. A small product is a lone tile, and takes the short way.
template <class P, class Stage>
HWY_INLINE Status MatMulOfPanels(Context& context, const RowSource<typename P::A>& a, const PackedPanels& b,
                                 const Stage& stage) {
  const RowsOfA rows = P::kReadsRows ? DescribeRows<P>(a) : RowsOfA::kComputed;  // TileInPlace is for several tiles
  const ProductShape shape = ShapeOf<P>(context, a, b.n, rows);
  const TilePlan tile = PlanTile(TraitsOf<P>(), shape, DetectedCaches());
  if (!IsLone(tile, shape)) return MatMulOfAnyStage<P>(context, a, WeightsRef(b), stage);

  const size_t bytes = LoneTileBytes(TraitsOf<P>(), tile, shape.m, shape.k);
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
  if (scratch == nullptr) return OutOfScratch(bytes);
  const StageEnvironment<typename P::Acc> environment(stage);
  typename LoneTile<P, Stage>::Carry carry(stage);
  LoneTile<P, Stage>::Run(tile, a, {0, shape.m}, true, b, {0, shape.n}, stage, scratch,
                          scratch + ArrangedBytes(TraitsOf<P>(), tile, shape.m, shape.k), carry);
  if constexpr (P::kRunsBetween) carry.waiting.Finish();
  return Status();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
