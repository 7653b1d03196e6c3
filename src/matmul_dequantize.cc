// Operation: MatMul to f32 through a Dequantization: checks, once per call, then dispatches.
#include "isoquant/dequantize.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul_dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/dequantize-inl.h"
#include "src/engine.h"
#include "src/matmul_dequantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

Status RunDequantized(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const Dequantization& d,
                      RowScales row_scales, const MatrixView<float>& c) {
  const DequantizeStage stage(d, ColumnSumsOf(b), c, row_scales);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}
Status RunDequantized(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const Dequantization& d,
                      RowScales row_scales, const MatrixView<float>& c) {
  const DequantizeStage stage(d, ColumnSumsOf(b), c, row_scales);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}

namespace {

// One name each, for HWY_EXPORT.
Status MultiplyS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized(context, a, b, d, RowScales::kKnown, c);
}
Status MultiplyU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized(context, a, b, d, RowScales::kKnown, c);
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

Status CheckDequantization(const Dequantization& dequantization, const Each& row, const Each& column,
                           const Written& out) {
  const Dequantization& d = dequantization;
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(d.row_scales, ISOQUANT_NAMES(dequantization.row_scales), row, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(d.row_zero_points, ISOQUANT_NAMES(dequantization.row_zero_points), row, out));
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(d.column_scales, ISOQUANT_NAMES(dequantization.column_scales), column, out));
  return CheckEachOrNone(d.bias, ISOQUANT_NAMES(dequantization.bias), column, out);
}

template <class A, class Function>
Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                        const Dequantization& dequantization, const MatrixView<float>& c, Function multiply) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  ISOQUANT_RETURN_IF_ERROR(CheckDequantization(dequantization, {"a.rows", a.rows}, {"b's N", b.n()}, Written("c", c)));
  return MultiplyChecked(context, a, b, dequantization, dequantization.row_zero_points.size != 0, c, multiply);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndMultiply(context, a, b, dequantization, c, ISOQUANT_DISPATCH(context, MultiplyS8));
}

Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndMultiply(context, a, b, dequantization, c, ISOQUANT_DISPATCH(context, MultiplyU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
