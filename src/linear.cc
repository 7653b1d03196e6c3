// Operation: Linear: checks, once per call, then dispatches: rows are quantised where they are multiplied.
#include "isoquant/linear.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/sources/quantized_rows-inl.h"
#include "src/matmul_dequantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class Q>
Status RunLinear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                 const RowParameters& parameters, const MatrixView<float>& y) {
  Dequantization d{{parameters.scales, x.rows}, {}, layer.column_scales, layer.bias, layer.activation};
  if (parameters.zero_points != nullptr) d.row_zero_points = {parameters.zero_points, x.rows};
  const QuantizedRows<Q> rows(x, parameters);
  return RunDequantized(context, RowSource<Q>(rows), *layer.weights, d, RowScales::kLate, y);
}

Status LinearS8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y) {
  return RunLinear<int8_t>(context, x, layer, parameters, y);
}
Status LinearU8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y) {
  return RunLinear<uint8_t>(context, x, layer, parameters, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(LinearS8);
HWY_EXPORT(LinearU8);

Status CheckLinear(const MatrixView<const float>& x, const LinearLayer& layer, const MatrixView<float>& y) {
  if (layer.weights == nullptr) return Status(StatusCode::kNull, "layer.weights", 0, "weights", 1);
  const WeightsRef weights(*layer.weights);
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(
      x, weights, y,
      {ISOQUANT_NAMES(x), ISOQUANT_NAMES(layer.weights), ISOQUANT_NAMES(y), "layer.weights' K", "layer.weights' N"}));
  const Each column{"layer.weights' N", weights.n()};
  const Written out("y", y);
  ISOQUANT_RETURN_IF_ERROR(CheckEach(layer.column_scales, ISOQUANT_NAMES(layer.column_scales), column, out));
  return CheckEachOrNone(layer.bias, ISOQUANT_NAMES(layer.bias), column, out);
}

}  // namespace

Status Linear(Context& context, MatrixView<const float> x, const LinearLayer& layer, MatrixView<float> y) {
  ISOQUANT_RETURN_IF_ERROR(CheckLinear(x, layer, y));
  if (y.empty()) return Status();
  const size_t each = (x.rows + 15) / 16 * 64;  // bytes of a float for each row, in whole lines
  const size_t bytes = 3 * each;
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  RowParameters parameters{reinterpret_cast<float*>(scratch), reinterpret_cast<float*>(scratch + each), nullptr};
  if (layer.quantization == RowQuantization::kSymmetricS8) {
    return ISOQUANT_DISPATCH(context, LinearS8)(context, x, layer, parameters, y);
  }
  parameters.zero_points = reinterpret_cast<int32_t*>(scratch + 2 * each);
  return ISOQUANT_DISPATCH(context, LinearU8)(context, x, layer, parameters, y);
}

}  // namespace isoquant
#endif  // HWY_ONCE
