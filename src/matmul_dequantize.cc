// Operation: MatMul to f32 through a Dequantization: checks, once per call, then dispatches. (Other types, and batches:
// matmul_dequantize_any.cc.)
#include "isoquant/dequantize.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/dequantization.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul_dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/run_dequantized-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {

ISOQUANT_RUN_DEQUANTIZED(int8_t, float);
ISOQUANT_RUN_DEQUANTIZED(uint8_t, float);

namespace {

// One name each, for HWY_EXPORT.
Status MultiplyS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized<int8_t, float>(context, a, b, d, RowScales::kKnown, nullptr, c);
}
Status MultiplyU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  return RunDequantized<uint8_t, float>(context, a, b, d, RowScales::kKnown, nullptr, c);
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
}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndDequantize(context, a, b, dequantization, c, c, ISOQUANT_DISPATCH(context, MultiplyS8));
}
Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b,
              const Dequantization& dequantization, const MatrixView<float>& c) {
  return CheckAndDequantize(context, a, b, dequantization, c, c, ISOQUANT_DISPATCH(context, MultiplyU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
