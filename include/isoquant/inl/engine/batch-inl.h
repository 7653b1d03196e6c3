// Engine: the driver of a batch of products. One plan serves all of them, and one call of the executor has all tasks.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_BATCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_BATCH_INL_H_
#undef ISOQUANT_INL_ENGINE_BATCH_INL_H_
#else
#define ISOQUANT_INL_ENGINE_BATCH_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/inl/engine/driver-inl.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows are on lines if those of all products are.
template <class P, class A = typename P::A>
HWY_INLINE RowsOfA DescribeBatch(const MatrixBatch<const A>& a) {
  const RowsOfA first = DescribeRows<P>(RowSource<A>(a.At(0)));
  const bool on_lines = a.count == 1 || a.batch_stride * sizeof(A) % PackedPanels::kLineBytes == 0;
  return first == RowsOfA::kOnLines && !on_lines ? RowsOfA::kAnywhere : first;
}

// Of all products, one after the other: those of several products do not have the same rows.
template <class A>
void SumRowsOfAll(Context& context, const MatrixBatch<const A>& a, int32_t* sums) {
  const auto task = [&](size_t i, size_t) { SumRows(a.At(i), {0, a.rows}, sums + i * a.rows); };
  context.Run(a.count, TaskRef(task));
}

// The counterpart of MatMulInTasks. There are products, rows and columns.
template <class P>
HWY_NOINLINE Status MatMulBatchInTasks(Context& context, const Products<typename P::A, typename P::Acc>& products) {
  using A = typename P::A;
  using Any = AnyStage<typename P::Acc>;
  const MatrixBatch<const A>& a = products.a;
  PackedPanels memory_of_first;
  const WeightsRef first = products.WeightsOf(0, memory_of_first);
  ProductShape shape = ShapeOf<P>(context, RowSource<A>(a.At(0)), first, DescribeBatch<P>(a));
  shape.count = a.count;
  shape.sums_columns = products.needs_column_sums && shape.plain_b;
  const MatMulPlan plan = PlanBatch(TraitsOf<P>(), shape, products.b.count());
  // Each worker has memory for column sums behind the scratch of all.
  const size_t sums = shape.sums_columns ? RoundUp(shape.n, PackedPanels::kColumns) : 0;
  const size_t bytes = shape.workers * (plan.bytes + sums * sizeof(int32_t));
  uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
  if (scratch == nullptr) return OutOfScratch(bytes);
  int32_t* const column_sums = reinterpret_cast<int32_t*>(scratch + shape.workers * plan.bytes);
  const bool prepares = plan.column_parts == 1;
  if constexpr (kHasSums<P>) {
    if (!prepares && products.row_sums != nullptr) SumRowsOfAll(context, a, products.row_sums);
  }
  // A unit is what would be a task of a single product.
  const size_t units_each = plan.row_blocks * plan.column_parts, units = a.count * units_each;
  const size_t tasks = WantedTasks(shape) <= 1 ? 1 : Min(units, tuning::kTasksPerWorker * shape.workers);
  const auto task = [&](size_t i, size_t worker) {
    const Part part = SplitEvenly(units, tasks, i);
    for (size_t unit = part.begin; unit < part.begin + part.size; ++unit) {
      const size_t product = units_each == 1 ? unit : unit / units_each;
      const MatrixView<const A> rows = a.At(product);
      const RowSource<A> source(rows, products.row_sums == nullptr ? nullptr : products.row_sums + product * a.rows);
      PackedPanels memory;
      WeightsRef b = products.WeightsOf(product, memory);
      if (shape.sums_columns) b = b.WithColumnSums(column_sums + worker * sums);
      const auto use = [&](const Any& stage) {
        const ProductUnits<P, Any> all{plan, source, prepares, b, stage, scratch};
        all.Run({unit - product * units_each, 1}, worker);
      };
      products.stages.make(products.stages, product, b, StageUser<typename P::Acc>(use));
    }
  };
  context.Run(tasks, TaskRef(task));
  return Status();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
