// Operation: Linear of any types of x and y, and with a residual: checks, once per call, then dispatches f32 x. (bf16
// and f16 x: linear_bf16.cc, linear_f16.cc.)
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/linear.h"
#include "src/linear_call.h"
#include "src/linear_check.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear_any.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status LinearToAny(const LinearCall& call) { return RunLinear<float>(call); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(LinearToAny);

template <class X, class Y>
HWY_NOINLINE Status CheckAs(const FloatMatrix& x, const LinearLayer& layer, const FloatMatrix* residual,
                            const FloatMatrix& y) {
  const MatrixView<const X> from = x.As<const X>();
  const MatrixView<Y> to = y.As<Y>();
  if (residual == nullptr)
    return IsUsualLinear(from, layer, to) ? Status() : CheckLinear<X, Y>(from, layer, nullptr, to);
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
              const MatrixView<const float>& residual, const MatrixView<float>& y) {
  const FloatMatrix added(residual);
  return Linear(context, FloatMatrix(x), layer, &added, FloatMatrix(y));
}

Status Linear(Context& context, const FloatMatrix& x, const LinearLayer& layer, const FloatMatrix* residual,
              const FloatMatrix& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckAny(x, layer, residual, y));
  if (y.rows == 0 || y.cols == 0) return Status();
  RowParameters parameters;
  ISOQUANT_RETURN_IF_ERROR(FindRowMemory(context, x.rows, layer, parameters));
  const LinearCall call{context, x, layer, parameters, residual, y};
  if (x.type == ElementType::kF32) return ISOQUANT_DISPATCH(context, LinearToAny)(call);
  return x.type == ElementType::kBf16 ? LinearOfBf16(call) : LinearOfF16(call);
}

}  // namespace isoquant
#endif  // HWY_ONCE
