// Operation: MatMul of f32 and of bf16 through a FloatOutput: checks, once per call, then dispatches.
#include "src/float_output.h"

#include "isoquant/float_matmul.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/float_output.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/bias-inl.h"
#include "isoquant/inl/stages/finish-inl.h"
#include "src/engine.h"
#include "src/finish.h"
#include "src/float_output_rows.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class C, class A>
HWY_NOINLINE Status RunTo(Context& context, const RowSource<A>& a, const WeightsRef& b, const FloatOutput& output,
                          const FloatMatrix& c_in) {
  const MatrixView<C> c = c_in.As<C>();
  const MatrixView<const C>* const no_residual = nullptr;
  const FinishStage<AddBias> stage(AddBias(output.bias), output, no_residual, c);
  return RunEngine(context, a, b, StageRef<float>(stage));
}

template <class A>
Status RunFrom(Context& context, const RowSource<A>& a, const WeightsRef& b, const FloatOutput& output,
               const FloatMatrix& c) {
  if (c.type == ElementType::kF32) return RunTo<float>(context, a, b, output, c);
  if (c.type == ElementType::kF16) return RunTo<Float16>(context, a, b, output, c);
  return RunTo<BFloat16>(context, a, b, output, c);
}
template <class A>
Status RunFromMatrix(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const FloatOutput& output,
                     const FloatMatrix& c) {
  return RunFrom(context, RowSource<A>(a), b, output, c);
}

Status RunToFloats(Context& context, const FloatMatrix& a, const WeightsRef& b, const FloatOutput& output,
                   const FloatMatrix& c) {
  if (a.type == ElementType::kF32) return RunFromMatrix(context, a.As<const float>(), b, output, c);
  return RunFromMatrix(context, a.As<const BFloat16>(), b, output, c);
}

// Of a batch, the stage of one product.
template <class C>
HWY_INLINE void MakeOutput(const StageMaker<float>& maker, size_t product, const StageUser<float>& use) {
  const auto& batch = static_cast<const FloatOutputBatch<C>&>(maker);
  const FloatOutput& output = batch.outputs.At(product);
  const MatrixView<const C>* const no_residual = nullptr;
  const FinishStage<AddBias> stage(AddBias(output.bias), output, no_residual, batch.c.At(product));
  use(AnyStage<float>(StageRef<float>(stage)));
}
void OutputBatchF32(const StageMaker<float>& maker, size_t product, const WeightsRef&, const StageUser<float>& use) {
  MakeOutput<float>(maker, product, use);
}
void OutputBatchBf16(const StageMaker<float>& maker, size_t product, const WeightsRef&, const StageUser<float>& use) {
  MakeOutput<BFloat16>(maker, product, use);
}
void OutputBatchF16(const StageMaker<float>& maker, size_t product, const WeightsRef&, const StageUser<float>& use) {
  MakeOutput<Float16>(maker, product, use);
}

}  // namespace

Status RunFloatOutput(Context& context, const RowSource<float>& a, const WeightsRef& b, const FloatOutput& output,
                      const FloatMatrix& c) {
  return RunFrom(context, a, b, output, c);
}
Status RunFloatOutput(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
                      const FloatMatrix& c) {
  return RunFrom(context, a, b, output, c);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RunToFloats);
HWY_EXPORT(OutputBatchF32);
HWY_EXPORT(OutputBatchBf16);
HWY_EXPORT(OutputBatchF16);

}  // namespace

Status CheckFloatOutput(const FloatOutput& output, const Each& column, const Written& out) {
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(output.bias, ISOQUANT_NAMES(output.bias), column, out));
  return CheckFinish(output, "output.activation", "output.min", "output.max");
}

Status MatMul(Context& context, const FloatMatrix& a, const WeightsRef& b, const FloatOutput& output,
              const FloatMatrix& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckRowType("a", a.type));
  ISOQUANT_RETURN_IF_ERROR(CheckWithFloatOutput(b, output, c, [&](const auto& view) {
    return a.type == ElementType::kF32 ? CheckOperands<float>(a.As<const float>(), b, view)
                                       : CheckOperands<BFloat16>(a.As<const BFloat16>(), b, view);
  }));
  if (c.rows == 0 || c.cols == 0) return Status();
  return ISOQUANT_DISPATCH(context, RunToFloats)(context, a, b, output, c);
}

StageMaker<float>::Make FindFloatOutput(Context& context, ElementType c) {
  if (c == ElementType::kF32) return ISOQUANT_DISPATCH(context, OutputBatchF32);
  return c == ElementType::kF16 ? ISOQUANT_DISPATCH(context, OutputBatchF16)
                                : ISOQUANT_DISPATCH(context, OutputBatchBf16);
}

}  // namespace isoquant
#endif  // HWY_ONCE
