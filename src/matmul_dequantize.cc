// Operation: MatMul to floats through a Dequantization: checks, once per call, then dispatches.
#include "isoquant/dequantize.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/dequantization.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul_dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/run_dequantized-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
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

HWY_EXPORT(MultiplyS8);
HWY_EXPORT(MultiplyU8);
HWY_EXPORT(MultiplyS8To16);
HWY_EXPORT(MultiplyU8To16);
HWY_EXPORT(DequantizeBatchF32);
HWY_EXPORT(DequantizeBatchBf16);
HWY_EXPORT(DequantizeBatchF16);

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

StageMaker<int32_t>::Make FindDequantizer(Context& context, ElementType c) {
  if (c == ElementType::kF32) return ISOQUANT_DISPATCH(context, DequantizeBatchF32);
  return c == ElementType::kBf16 ? ISOQUANT_DISPATCH(context, DequantizeBatchBf16)
                                 : ISOQUANT_DISPATCH(context, DequantizeBatchF16);
}

}  // namespace isoquant
#endif  // HWY_ONCE
