// Operation: MatMul to any type of floats through a Dequantization, and what batches of such products need: checks,
// once per call, then dispatches.
#include "isoquant/dequantize.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/dequantization.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul_dequantize_any.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/run_dequantized-inl.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

ISOQUANT_RUN_DEQUANTIZED(int8_t, BFloat16);
ISOQUANT_RUN_DEQUANTIZED(int8_t, Float16);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, BFloat16);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, Float16);

ISOQUANT_USE_DEQUANTIZE_STAGE(float);
ISOQUANT_USE_DEQUANTIZE_STAGE(BFloat16);
ISOQUANT_USE_DEQUANTIZE_STAGE(Float16);

namespace {

template <class A>
HWY_INLINE Status MultiplyTo16(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                               const Dequantization& d, const FloatMatrix& c) {
  constexpr RowScales kKnown = RowScales::kKnown;
  if (c.type == ElementType::kF16) {
    return RunDequantized<A, Float16>(context, RowSource<A>(a), b, d, kKnown, nullptr, c.As<Float16>());
  }
  return RunDequantized<A, BFloat16>(context, RowSource<A>(a), b, d, kKnown, nullptr, c.As<BFloat16>());
}

// One name each, for HWY_EXPORT.
Status MultiplyS8To16(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const Dequantization& d,
                      const FloatMatrix& c) {
  return MultiplyTo16(context, a, b, d, c);
}
Status MultiplyU8To16(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                      const Dequantization& d, const FloatMatrix& c) {
  return MultiplyTo16(context, a, b, d, c);
}

// For batches. What does not depend on Y is not inlined: there is one of it.
HWY_NOINLINE void UseDequantized(const Dequantization& d, const WeightsRef& b, const int32_t* row_sums,
                                 const StageBase<int32_t>& stage, const StageUser<int32_t>& use) {
  if (!HasZeroPoints(b, d.column_zero_points)) return use(AnyStage<int32_t>(StageRef<int32_t>(stage)));
  UseZeroPoints({d.row_zero_points, d.column_zero_points}, b, row_sums, stage, use);
}

// The stage of one product.
template <class Y>
void MakeDequantized(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                     const StageUser<int32_t>& use) {
  const auto& batch = static_cast<const StagedBatch<Dequantization, Y>&>(maker);
  const Dequantization& d = batch.parameters.At(product);
  const MatrixView<Y> c = batch.c.At(product);
  const int32_t* const column_sums = HasZeroPoints(b, d.column_zero_points) ? nullptr : ColumnSumsOf(b);
  const int32_t* const row_sums = batch.RowSumsOf(product);
  if (NeedsFinish(d)) {
    const DequantizeStage<float> linear(d, column_sums, MatrixView<float>(), RowScales::kKnown);
    const MatrixView<const Y>* const no_residual = nullptr;
    return UseDequantized(d, b, row_sums, FinishStage(linear, d, no_residual, c), use);
  }
  UseDequantized(d, b, row_sums, DequantizeStage<Y>(d, column_sums, c, RowScales::kKnown), use);
}

void DequantizeBatchF32(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                        const StageUser<int32_t>& use) {
  MakeDequantized<float>(maker, product, b, use);
}
void DequantizeBatchBf16(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                         const StageUser<int32_t>& use) {
  MakeDequantized<BFloat16>(maker, product, b, use);
}
void DequantizeBatchF16(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                        const StageUser<int32_t>& use) {
  MakeDequantized<Float16>(maker, product, b, use);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MultiplyS8To16);
HWY_EXPORT(MultiplyU8To16);
HWY_EXPORT(DequantizeBatchF32);
HWY_EXPORT(DequantizeBatchBf16);
HWY_EXPORT(DequantizeBatchF16);

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const FloatMatrix& c) {
  if (c.type == ElementType::kF32) return MatMul(context, a, b, dequantization, c.As<float>());
  return CheckAndDequantize(context, a, b, dequantization, c.As<uint16_t>(), c,
                            ISOQUANT_DISPATCH(context, MultiplyS8To16));
}
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const FloatMatrix& c) {
  if (c.type == ElementType::kF32) return MatMul(context, a, b, dequantization, c.As<float>());
  return CheckAndDequantize(context, a, b, dequantization, c.As<uint16_t>(), c,
                            ISOQUANT_DISPATCH(context, MultiplyU8To16));
}

StageMaker<int32_t>::Make FindDequantizer(Context& context, ElementType c) {
  if (c == ElementType::kF32) return ISOQUANT_DISPATCH(context, DequantizeBatchF32);
  return c == ElementType::kBf16 ? ISOQUANT_DISPATCH(context, DequantizeBatchBf16)
                                 : ISOQUANT_DISPATCH(context, DequantizeBatchF16);
}

}  // namespace isoquant
#endif  // HWY_ONCE
