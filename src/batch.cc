// Operation: MatMulBatch to int32: checks, once per call, then dispatches; and the way of all batches of integers to
// the engine.
#include "isoquant/batch.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/batch_check.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/batch.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"
#include "src/zero_points.h"

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RunBatchS8);
HWY_EXPORT(RunBatchU8);
HWY_EXPORT(MatMulS8);
HWY_EXPORT(MatMulU8);
HWY_EXPORT(UseZeroPointsOfSums);

// Sums less zero points.
struct ZerosBatch : StagedBatch<ZeroPoints, int32_t> {
  ZerosBatch(Context& context, const PerProduct<ZeroPoints>& z, const MatrixBatch<int32_t>& c_in, Store store)
      : StagedBatch(&MakeStage, z, c_in),
        use_stage(ISOQUANT_DISPATCH(context, UseZeroPointsOfSums)),
        accumulate(store == Store::kAccumulate) {}

  static void MakeStage(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                        const StageUser<int32_t>& use) {
    const ZerosBatch& batch = static_cast<const ZerosBatch&>(maker);
    batch.use_stage(batch.parameters.At(product), b, batch.RowSumsOf(product), batch.c.At(product), batch.accumulate,
                    use);
  }

  decltype(&HWY_STATIC_DISPATCH(UseZeroPointsOfSums)) use_stage;
  const bool accumulate;
};

auto SingleFor(Context& context, const MatrixBatch<const int8_t>&) { return ISOQUANT_DISPATCH(context, MatMulS8); }
auto SingleFor(Context& context, const MatrixBatch<const uint8_t>&) { return ISOQUANT_DISPATCH(context, MatMulU8); }

Status RunBatchFor(Context& context, const Products<int8_t, int32_t>& products) {
  return ISOQUANT_DISPATCH(context, RunBatchS8)(context, products);
}
Status RunBatchFor(Context& context, const Products<uint8_t, int32_t>& products) {
  return ISOQUANT_DISPATCH(context, RunBatchU8)(context, products);
}

template <class A>
Status RunStaged(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, BatchStages& stages) {
  int32_t* row_sums = nullptr;
  if (stages.needed.rows) {
    const size_t bytes = a.count * a.rows * sizeof(int32_t);
    row_sums = reinterpret_cast<int32_t*>(context.Scratch(Context::ScratchOwner::kRowSums, bytes));
    if (row_sums == nullptr) return Status(StatusCode::kOutOfMemory, "sums of rows", bytes, "", 0);
  }
  stages.row_sums = row_sums;
  return RunBatchFor(context, {a, b, stages, row_sums, stages.needed.columns, nullptr, 0});
}

template <class A>
Status Multiply(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b,
                const PerProduct<ZeroPoints>& z_in, const MatrixBatch<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckBatch(a, b, c, ElementType::kS8));
  ISOQUANT_RETURN_IF_ERROR(CheckParameters(z_in, "z.size", "z.data", c, [&](const ZeroPoints& z, const Written& out) {
    ISOQUANT_RETURN_IF_ERROR(CheckOneOrEachOrNone(z.a, ISOQUANT_NAMES(z.a), {"a.rows", a.rows}, out));
    return CheckOneOrEachOrNone(z.b, ISOQUANT_NAMES(z.b), {"b's N", c.cols}, out);
  }));
  if (c.empty()) return Status();
  NeededSums needed;
  for (size_t i = 0; i < z_in.size(); ++i) needed.Add(b, z_in.At(i));
  if (!needed.columns && !needed.rows) {
    if (IsOneByOne(context, b)) return RunOneByOne(context, a, b, c, store, SingleFor(context, a));
    const SumsBatch<int32_t> stages(c, store);
    return RunBatchFor(context, {a, b, stages, nullptr, false, nullptr, 0});
  }
  ZerosBatch stages(context, z_in, c, store);
  stages.needed = needed;
  return RunStaged(context, a, b, stages);
}

}  // namespace

void NeededSums::Add(const WeightsBatch& b, const ZeroPoints& z) {
  columns = columns || z.a.size != 0;
  rows = rows || HasZeroPoints(b.At(0), z.b);
}

Status RunStagedBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                      BatchStages& stages) {
  return RunStaged(context, a, b, stages);
}
Status RunStagedBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                      BatchStages& stages) {
  return RunStaged(context, a, b, stages);
}

Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                   const MatrixBatch<int32_t>& c, Store store) {
  return Multiply(context, a, b, ZeroPoints(), c, store);
}
Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                   const MatrixBatch<int32_t>& c, Store store) {
  return Multiply(context, a, b, ZeroPoints(), c, store);
}
Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                   const PerProduct<ZeroPoints>& z, const MatrixBatch<int32_t>& c, Store store) {
  return Multiply(context, a, b, z, c, store);
}
Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                   const PerProduct<ZeroPoints>& z, const MatrixBatch<int32_t>& c, Store store) {
  return Multiply(context, a, b, z, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
