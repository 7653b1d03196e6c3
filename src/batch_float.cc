// Operation: MatMulBatch of f32 and of bf16: checks, once per call, then dispatches.
#include "isoquant/batch.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/batch_check.h"
#include "src/float_output.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/batch_float.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RunBatchF32);
HWY_EXPORT(RunBatchBf16);
HWY_EXPORT(MatMulF32);
HWY_EXPORT(MatMulBf16);

auto SingleFor(Context& context, const MatrixBatch<const float>&) { return ISOQUANT_DISPATCH(context, MatMulF32); }
auto SingleFor(Context& context, const MatrixBatch<const BFloat16>&) { return ISOQUANT_DISPATCH(context, MatMulBf16); }

Status RunBatchFor(Context& context, const Products<float, float>& products) {
  return ISOQUANT_DISPATCH(context, RunBatchF32)(context, products);
}
Status RunBatchFor(Context& context, const Products<BFloat16, float>& products) {
  return ISOQUANT_DISPATCH(context, RunBatchBf16)(context, products);
}

template <class A>
Status Multiply(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, const MatrixBatch<float>& c,
                Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckBatch(a, b, c, kElementType<A>));
  if (c.empty()) return Status();
  if (IsOneByOne(context, b)) return RunOneByOne(context, a, b, c, store, SingleFor(context, a));
  const SumsBatch<float> stages(c, store);
  return RunBatchFor(context, {a, b, stages, nullptr, false, nullptr, 0});
}

template <class A, class C>
Status Multiply(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b,
                const PerProduct<FloatOutput>& outputs, const MatrixBatch<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckBatch(a, b, c, kElementType<A>));
  ISOQUANT_RETURN_IF_ERROR(
      CheckParameters(outputs, "output.size", "output.data", c, [&](const FloatOutput& output, const Written& out) {
        return CheckFloatOutput(output, {"b's N", c.cols}, out);
      }));
  if (c.empty()) return Status();
  const FloatOutputBatch<C> stages(FindFloatOutput(context, kElementType<C>), outputs, c);
  return RunBatchFor(context, {a, b, stages, nullptr, false, nullptr, 0});
}

}  // namespace

#define ISOQUANT_MATMUL_BATCH(A)                                                             \
  Status MatMulBatch(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, \
                     const MatrixBatch<float>& c, Store store) {                             \
    return Multiply(context, a, b, c, store);                                                \
  }
ISOQUANT_MATMUL_BATCH(float)
ISOQUANT_MATMUL_BATCH(BFloat16)
#undef ISOQUANT_MATMUL_BATCH

#define ISOQUANT_MATMUL_BATCH(A, C)                                                          \
  Status MatMulBatch(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, \
                     const PerProduct<FloatOutput>& outputs, const MatrixBatch<C>& c) {      \
    return Multiply(context, a, b, outputs, c);                                              \
  }
ISOQUANT_MATMUL_BATCH(float, float)
ISOQUANT_MATMUL_BATCH(float, BFloat16)
ISOQUANT_MATMUL_BATCH(float, Float16)
ISOQUANT_MATMUL_BATCH(BFloat16, float)
ISOQUANT_MATMUL_BATCH(BFloat16, BFloat16)
ISOQUANT_MATMUL_BATCH(BFloat16, Float16)
#undef ISOQUANT_MATMUL_BATCH

}  // namespace isoquant
#endif  // HWY_ONCE
