// Operation: Linear of f32 x and y: checks, once per call, then dispatches. (Other types, and a residual:
// linear_any.cc.)
#include "isoquant/linear.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/linear_check.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status LinearS8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y) {
  const QuantizedRows<float, int8_t> rows(x, parameters);
  return RunDequantized<int8_t, float>(context, RowSource<int8_t>(rows), *layer.weights,
                                       DequantizationOf(layer, parameters, x.rows), RowScales::kLate, nullptr, y);
}
Status LinearU8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y) {
  const QuantizedRows<float, uint8_t> rows(x, parameters);
  return RunDequantized<uint8_t, float>(context, RowSource<uint8_t>(rows), *layer.weights,
                                        DequantizationOf(layer, parameters, x.rows), RowScales::kLate, nullptr, y);
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
}  // namespace

Status Linear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
              const MatrixView<float>& y) {
  if (!IsUsualLinear(x, layer, y)) ISOQUANT_RETURN_IF_ERROR((CheckLinear<float, float>(x, layer, nullptr, y)));
  if (y.empty()) return Status();
  RowParameters parameters;
  ISOQUANT_RETURN_IF_ERROR(FindRowMemory(context, x.rows, layer, parameters));
  if (parameters.zero_points == nullptr) {
    return ISOQUANT_DISPATCH(context, LinearS8)(context, x, layer, parameters, y);
  }
  return ISOQUANT_DISPATCH(context, LinearU8)(context, x, layer, parameters, y);
}

}  // namespace isoquant
#endif  // HWY_ONCE
