// Operation: activations of matrices: checks, once per call, then dispatches.
#include "isoquant/activation.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/activation.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE void ActivatePart(Activation activation, float parameter, const MatrixView<const T>& x,
                             const MatrixView<T>& y) {
  for (size_t r = 0; r < x.rows; ++r) ActivateRow(activation, parameter, x.Row(r), x.cols, y.Row(r));
}

// One name each, for HWY_EXPORT. HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void ActivateF32(Activation activation, float parameter, const MatrixView<const float>& x,
                              const MatrixView<float>& y) {
  ActivatePart(activation, parameter, x, y);
}
HWY_NOINLINE void ActivateBf16(Activation activation, float parameter, const MatrixView<const BFloat16>& x,
                               const MatrixView<BFloat16>& y) {
  ActivatePart(activation, parameter, x, y);
}
HWY_NOINLINE void ActivateF16(Activation activation, float parameter, const MatrixView<const Float16>& x,
                              const MatrixView<Float16>& y) {
  ActivatePart(activation, parameter, x, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(ActivateF32);
HWY_EXPORT(ActivateBf16);
HWY_EXPORT(ActivateF16);

template <class T, class Function>
Status ActivateAny(Context& context, Activation activation, float parameter, const MatrixView<const T>& x,
                   const MatrixView<T>& y, Function function) {
  constexpr Activation kLast = Activation::kExp;
  if (activation > kLast) {
    return Status::InvalidValue("activation", static_cast<double>(activation), "the last Activation",
                                static_cast<double>(kLast));
  }
  ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  ForEachElementPart(context, x, y, [&](const MatrixView<const T>& from, const MatrixView<T>& to) {
    function(activation, parameter, from, to);
  });
  return Status();
}

}  // namespace

Status Activate(Context& context, Activation activation, float parameter, const MatrixView<const float>& x,
                const MatrixView<float>& y) {
  return ActivateAny(context, activation, parameter, x, y, ISOQUANT_DISPATCH(context, ActivateF32));
}

Status Activate(Context& context, Activation activation, float parameter, const MatrixView<const BFloat16>& x,
                const MatrixView<BFloat16>& y) {
  return ActivateAny(context, activation, parameter, x, y, ISOQUANT_DISPATCH(context, ActivateBf16));
}

Status Activate(Context& context, Activation activation, float parameter, const MatrixView<const Float16>& x,
                const MatrixView<Float16>& y) {
  return ActivateAny(context, activation, parameter, x, y, ISOQUANT_DISPATCH(context, ActivateF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
