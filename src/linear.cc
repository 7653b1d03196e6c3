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
#include "isoquant/inl/stages/dequantize-inl.h"
#include "src/engine.h"
#include "src/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Not inlined: the path of small calls is short.
template <class Q>
HWY_NOINLINE Status RunUnusual(Context& context, const RowSource<Q>& rows, const LinearLayer& layer,
                               const RowParameters& parameters, const MatrixView<float>& y) {
  const Dequantization d = DequantizationOf<Q>(layer, parameters, y.rows);
  return RunDequantized<Q, float>(context, rows, *layer.weights, d, RowScales::kLate, nullptr, y);
}

// That of a usual layer does not even have a Dequantization in memory.
template <class Q>
HWY_INLINE Status RunF32(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                         const RowParameters& parameters, const MatrixView<float>& y, bool is_usual) {
  const QuantizedRows<float, Q> rows(x, parameters);
  const RowSource<Q> source(rows);
  if (HWY_UNLIKELY(!is_usual)) return RunUnusual<Q>(context, source, layer, parameters, y);
  const Dequantization d = DequantizationOf<Q>(layer, parameters, x.rows);
  const DequantizeStage<float> stage(d, layer.weights->panels().column_sums, y, RowScales::kLate);
  return RunEngine(context, source, *layer.weights, StageRef<int32_t>(stage));
}
// One name each, for HWY_EXPORT.
Status LinearS8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y, bool is_usual) {
  return RunF32<int8_t>(context, x, layer, parameters, y, is_usual);
}
Status LinearU8(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
                const RowParameters& parameters, const MatrixView<float>& y, bool is_usual) {
  return RunF32<uint8_t>(context, x, layer, parameters, y, is_usual);
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
  const bool is_usual = IsUsualLinear(x, layer, y);
  if (!is_usual) ISOQUANT_RETURN_IF_ERROR((CheckLinear<float, float>(x, layer, nullptr, y)));
  if (y.empty()) return Status();
  RowParameters parameters;
  ISOQUANT_RETURN_IF_ERROR(FindRowMemory(context, x.rows, layer, parameters));
  if (parameters.zero_points == nullptr) {
    return ISOQUANT_DISPATCH(context, LinearS8)(context, x, layer, parameters, y, is_usual);
  }
  return ISOQUANT_DISPATCH(context, LinearU8)(context, x, layer, parameters, y, is_usual);
}

}  // namespace isoquant
#endif  // HWY_ONCE
