// Support: Linear of one type of x. linear.cc and linear_*.cc include this for a type each.

// Per-target include guard.
#if defined(ISOQUANT_SRC_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_LINEAR_INL_H_
#undef ISOQUANT_SRC_LINEAR_INL_H_
#else
#define ISOQUANT_SRC_LINEAR_INL_H_
#endif

#include <type_traits>

#include "isoquant/float_types.h"
#include "isoquant/inl/sources/quantized_rows-inl.h"
#include "src/linear_call.h"
#include "src/matmul_dequantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Of M rows that are quantised to Q.
template <class Q>
HWY_INLINE Dequantization DequantizationOf(const LinearLayer& layer, const RowParameters& parameters, size_t m) {
  Dequantization d{{parameters.scales, m}, {}, layer.column_scales, layer.bias, layer.activation};
  if constexpr (std::is_unsigned<Q>::value) d.row_zero_points = {parameters.zero_points, m};
  d.activation_parameter = layer.activation_parameter;
  d.min = layer.min;
  d.max = layer.max;
  d.column_zero_points = layer.column_zero_points;
  return d;
}

template <class Q, class Y>
HWY_INLINE Status RunTo(const LinearCall& call, const RowSource<Q>& rows, const Dequantization& d) {
  const MatrixView<Y> y = call.y.As<Y>();
  if (call.residual == nullptr) {
    return RunDequantized<Q, Y>(call.context, rows, *call.layer.weights, d, RowScales::kLate, nullptr, y);
  }
  const MatrixView<const Y> residual = call.residual->As<const Y>();
  return RunDequantized<Q, Y>(call.context, rows, *call.layer.weights, d, RowScales::kLate, &residual, y);
}

template <class X, class Q>
HWY_INLINE Status RunLinear(const LinearCall& call) {
  const Dequantization d = DequantizationOf<Q>(call.layer, call.parameters, call.x.rows);
  const QuantizedRows<X, Q> rows(call.x.As<const X>(), call.parameters);
  const RowSource<Q> source(rows);
  if (call.y.type == ElementType::kF32) return RunTo<Q, float>(call, source, d);
  if (call.y.type == ElementType::kF16) return RunTo<Q, Float16>(call, source, d);
  return RunTo<Q, BFloat16>(call, source, d);
}

template <class X>
HWY_INLINE Status RunLinear(const LinearCall& call) {
  if (call.layer.quantization == RowQuantization::kSymmetricS8) return RunLinear<X, int8_t>(call);
  return RunLinear<X, uint8_t>(call);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
