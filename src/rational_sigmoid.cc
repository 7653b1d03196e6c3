// Operation: the sigmoid of ONNX Runtime: checks, once per call, then dispatches.
#include "isoquant/rational_sigmoid.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/rational_sigmoid.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/rational_sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void RationalSigmoidRows(const MatrixView<const float>& x, const MatrixView<float>& y) {
  const DF32 d;
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t i = 0; i < x.cols; i += hn::Lanes(d)) {
      StoreFirst(RationalSigmoid(LoadFirst(d, x.Row(r) + i, x.cols - i)), d, y.Row(r) + i, x.cols - i);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(RationalSigmoidRows);
}  // namespace

Status RationalSigmoid(Context& context, const MatrixView<const float>& x, const MatrixView<float>& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  const auto rows = ISOQUANT_DISPATCH(context, RationalSigmoidRows);
  ForEachElementPart(context, x, y,
                     [&](const MatrixView<const float>& from, const MatrixView<float>& to) { rows(from, to); });
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
