// Operation: Linear: checks, once per call, then dispatches f32 x. (bf16 and f16 x: linear_bf16.cc, linear_f16.cc.)
#include "isoquant/linear.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/finish.h"
#include "src/linear_call.h"
#include "src/operands.h"

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
Status LinearToAny(const LinearCall& call) { return RunLinear<float>(call); }

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
HWY_EXPORT(LinearToAny);

// The residual may be y.
template <class Y>
HWY_NOINLINE Status CheckResidual(const MatrixView<const Y>& residual, const MatrixView<Y>& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.rows", residual.rows, "y.rows", y.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.cols", residual.cols, "y.cols", y.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckView(residual, ISOQUANT_NAMES(residual)));
  if (residual.data == y.data && (residual.row_stride == y.row_stride || y.rows <= 1)) return Status();
  return CheckDisjoint("y", y, "residual", residual);
}

// X and Y: float, or uint16_t for any type of 16 bits.
template <class X, class Y>
HWY_NOINLINE Status CheckLinear(const MatrixView<const X>& x, const LinearLayer& layer,
                                const MatrixView<const Y>* residual, const MatrixView<Y>& y) {
  if (layer.weights == nullptr) return Status(StatusCode::kNull, "layer.weights", 0, "weights", 1);
  const WeightsRef weights(*layer.weights);
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(
      x, weights, y,
      {ISOQUANT_NAMES(x), ISOQUANT_NAMES(layer.weights), ISOQUANT_NAMES(y), "layer.weights' K", "layer.weights' N"}));
  const Each column{"layer.weights' N", weights.n()};
  const Written out("y", y);
  ISOQUANT_RETURN_IF_ERROR(CheckEach(layer.column_scales, ISOQUANT_NAMES(layer.column_scales), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(layer.bias, ISOQUANT_NAMES(layer.bias), column, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(layer.column_zero_points, ISOQUANT_NAMES(layer.column_zero_points), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckFinish(layer, "layer.activation", "layer.min", "layer.max"));
  return residual == nullptr ? Status() : CheckResidual(*residual, y);
}

// Memory for what becomes known of M rows: a float of each row, in whole lines, three times.
HWY_INLINE Status FindMemory(Context& context, size_t m, const LinearLayer& layer, RowParameters& parameters) {
  const size_t each = (m + 15) / 16 * 64, bytes = 3 * each;
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  parameters = {reinterpret_cast<float*>(scratch), reinterpret_cast<float*>(scratch + each), nullptr};
  if (layer.quantization != RowQuantization::kSymmetricS8) {
    parameters.zero_points = reinterpret_cast<int32_t*>(scratch + 2 * each);
  }
  return Status();
}

// Whether a layer is as most are. Then CheckLinear, which takes longer than small products, finds nothing wrong.
template <class X, class Y>
HWY_INLINE bool IsUsual(const MatrixView<const X>& x, const LinearLayer& layer, const MatrixView<Y>& y) {
  if (layer.weights == nullptr || layer.column_zero_points.size != 0 || NeedsFinish(layer)) return false;
  const PackedPanels& b = layer.weights->panels();
  return AreUsual(x, b, y) && IsUsualEach(layer.column_scales, b.n, Range(y)) &&
         (layer.bias.size == 0 || IsUsualEach(layer.bias, b.n, Range(y)));
}

template <class X, class Y>
HWY_NOINLINE Status CheckAs(const FloatMatrix& x, const LinearLayer& layer, const FloatMatrix* residual,
                            const FloatMatrix& y) {
  const MatrixView<const X> from = x.As<const X>();
  const MatrixView<Y> to = y.As<Y>();
  if (residual == nullptr) return IsUsual(from, layer, to) ? Status() : CheckLinear<X, Y>(from, layer, nullptr, to);
  const MatrixView<const Y> added = residual->As<const Y>();
  return CheckLinear<X, Y>(from, layer, &added, to);
}

Status CheckAny(const FloatMatrix& x, const LinearLayer& layer, const FloatMatrix* residual, const FloatMatrix& y) {
  if (residual != nullptr) ISOQUANT_RETURN_IF_ERROR(CheckType("residual", residual->type, y.type));
  if (x.type == ElementType::kF32) {
    return y.type == ElementType::kF32 ? CheckAs<float, float>(x, layer, residual, y)
                                       : CheckAs<float, uint16_t>(x, layer, residual, y);
  }
  return y.type == ElementType::kF32 ? CheckAs<uint16_t, float>(x, layer, residual, y)
                                     : CheckAs<uint16_t, uint16_t>(x, layer, residual, y);
}

}  // namespace

Status Linear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
              const MatrixView<float>& y) {
  if (!IsUsual(x, layer, y)) ISOQUANT_RETURN_IF_ERROR((CheckLinear<float, float>(x, layer, nullptr, y)));
  if (y.empty()) return Status();
  RowParameters parameters;
  ISOQUANT_RETURN_IF_ERROR(FindMemory(context, x.rows, layer, parameters));
  if (parameters.zero_points == nullptr) {
    return ISOQUANT_DISPATCH(context, LinearS8)(context, x, layer, parameters, y);
  }
  return ISOQUANT_DISPATCH(context, LinearU8)(context, x, layer, parameters, y);
}

Status Linear(Context& context, const MatrixView<const float>& x, const LinearLayer& layer,
              const MatrixView<const float>& residual, const MatrixView<float>& y) {
  const FloatMatrix added(residual);
  return Linear(context, FloatMatrix(x), layer, &added, FloatMatrix(y));
}

Status Linear(Context& context, const FloatMatrix& x, const LinearLayer& layer, const FloatMatrix* residual,
              const FloatMatrix& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckAny(x, layer, residual, y));
  if (y.rows == 0 || y.cols == 0) return Status();
  RowParameters parameters;
  ISOQUANT_RETURN_IF_ERROR(FindMemory(context, x.rows, layer, parameters));
  const LinearCall call{context, x, layer, parameters, residual, y};
  if (x.type == ElementType::kF32) return ISOQUANT_DISPATCH(context, LinearToAny)(call);
  return x.type == ElementType::kBf16 ? LinearOfBf16(call) : LinearOfF16(call);
}

}  // namespace isoquant
#endif  // HWY_ONCE
