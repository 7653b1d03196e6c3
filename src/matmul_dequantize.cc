// Operation: MatMul to floats through a Dequantization: checks, once per call, then dispatches.
#include "isoquant/dequantize.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/dequantization.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul_dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/dequantize-inl.h"
#include "isoquant/inl/stages/finish-inl.h"
#include "src/engine.h"
#include "src/finish.h"
#include "src/matmul_dequantize.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

namespace {

// Not inlined: the path of small calls is short.
template <class Q>
HWY_NOINLINE Status RunCorrected(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                                 const StageBase<int32_t>& stage) {
  return RunWithZeroPoints(context, a, b, {d.row_zero_points, d.column_zero_points}, stage);
}

// With `is_corrected` zero points are no matter of the stage: it was made without column sums.
template <class Q>
HWY_INLINE Status RunStages(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                            bool is_corrected, const StageBase<int32_t>& stage) {
  if (HWY_UNLIKELY(is_corrected)) return RunCorrected(context, a, b, d, stage);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}

// Not inlined either.
template <class Q, class Y>
HWY_NOINLINE Status RunAndFinish(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                                 RowScales row_scales, const MatrixView<const Y>* residual, const MatrixView<Y>& c) {
  const bool is_corrected = HasZeroPoints(b, d.column_zero_points);
  const DequantizeStage<float> linear(d, is_corrected ? nullptr : ColumnSumsOf(b), MatrixView<float>(), row_scales);
  const FinishStage stage(linear, d, residual, c);
  return RunStages(context, a, b, d, is_corrected, stage);
}

}  // namespace

template <class Q, class Y>
Status RunDequantized(Context& context, const RowSource<Q>& a, const WeightsRef& b, const Dequantization& d,
                      RowScales row_scales, const MatrixView<const Y>* residual, const MatrixView<Y>& c) {
  if (HWY_UNLIKELY(residual != nullptr || NeedsFinish(d))) {
    return RunAndFinish(context, a, b, d, row_scales, residual, c);
  }
  const bool is_corrected = HasZeroPoints(b, d.column_zero_points);
  const DequantizeStage<Y> stage(d, is_corrected ? nullptr : ColumnSumsOf(b), c, row_scales);
  return RunStages(context, a, b, d, is_corrected, stage);
}

#define ISOQUANT_RUN_DEQUANTIZED(Q, Y)                                                                          \
  template Status RunDequantized<Q, Y>(Context&, const RowSource<Q>&, const WeightsRef&, const Dequantization&, \
                                       RowScales, const MatrixView<const Y>*, const MatrixView<Y>&)
ISOQUANT_RUN_DEQUANTIZED(int8_t, float);
ISOQUANT_RUN_DEQUANTIZED(int8_t, BFloat16);
ISOQUANT_RUN_DEQUANTIZED(int8_t, Float16);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, float);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, BFloat16);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, Float16);
#undef ISOQUANT_RUN_DEQUANTIZED

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
Status MultiplyS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized<int8_t, float>(context, a, b, d, RowScales::kKnown, nullptr, c);
}
Status MultiplyU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized<uint8_t, float>(context, a, b, d, RowScales::kKnown, nullptr, c);
}
Status MultiplyS8To16(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const Dequantization& d,
                      const FloatMatrix& c) {
  return MultiplyTo16(context, a, b, d, c);
}
Status MultiplyU8To16(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
                      const Dequantization& d, const FloatMatrix& c) {
  return MultiplyTo16(context, a, b, d, c);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MultiplyS8);
HWY_EXPORT(MultiplyU8);
HWY_EXPORT(MultiplyS8To16);
HWY_EXPORT(MultiplyU8To16);

// `view` is c, as a MatrixView of float, or of uint16_t for any type of 16 bits.
template <class A, class V, class C, class Function>
Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                        const Dequantization& dequantization, const MatrixView<V>& view, const C& c,
                        Function multiply) {
  ISOQUANT_RETURN_IF_ERROR(
      CheckOperands(a, b, view, {ISOQUANT_NAMES(a), ISOQUANT_NAMES(b), ISOQUANT_NAMES(c), "b's K", "b's N"}));
  ISOQUANT_RETURN_IF_ERROR(
      CheckDequantization(dequantization, {"a.rows", a.rows}, {"b's N", b.n()}, Written("c", view)));
  return MultiplyChecked(context, a, b, dequantization, dequantization.row_zero_points.size != 0, c, multiply);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndMultiply(context, a, b, dequantization, c, c, ISOQUANT_DISPATCH(context, MultiplyS8));
}
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndMultiply(context, a, b, dequantization, c, c, ISOQUANT_DISPATCH(context, MultiplyU8));
}

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const FloatMatrix& c) {
  if (c.type == ElementType::kF32) return MatMul(context, a, b, dequantization, c.As<float>());
  return CheckAndMultiply(context, a, b, dequantization, c.As<uint16_t>(), c,
                          ISOQUANT_DISPATCH(context, MultiplyS8To16));
}
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const FloatMatrix& c) {
  if (c.type == ElementType::kF32) return MatMul(context, a, b, dequantization, c.As<float>());
  return CheckAndMultiply(context, a, b, dequantization, c.As<uint16_t>(), c,
                          ISOQUANT_DISPATCH(context, MultiplyU8To16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
