// Operation: MatMul of rows in K-major order through a FloatOutput: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "src/float_output.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/k_major_output.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/float_output_rows.h"
#include "src/k_major-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class A>
Status RunTransposed(Context& context, const KxM<A>& a, const WeightsRef& b, const FloatOutput& output,
                     const FloatMatrix& c) {
  const TransposedRows<A> rows(a.values);
  return RunFloatOutput(context, RowSource<A>(rows), b, output, c);
}
Status RunTransposedF32(Context& context, const KxM<float>& a, const WeightsRef& b, const FloatOutput& output,
                        const FloatMatrix& c) {
  return RunTransposed(context, a, b, output, c);
}
Status RunTransposedBf16(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
                         const FloatMatrix& c) {
  return RunTransposed(context, a, b, output, c);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RunTransposedF32);
HWY_EXPORT(RunTransposedBf16);

template <class A, class F>
Status CheckAndRun(Context& context, const KxM<A>& a, const WeightsRef& b, const FloatOutput& output,
                   const FloatMatrix& c, F run) {
  ISOQUANT_RETURN_IF_ERROR(
      CheckWithFloatOutput(b, output, c, [&](const auto& view) { return CheckTransposed(a, b, view); }));
  if (c.rows == 0 || c.cols == 0) return Status();
  return run(context, a, b, output, c);
}

}  // namespace

Status MatMul(Context& context, const KxM<float>& a, const WeightsRef& b, const FloatOutput& output,
              const FloatMatrix& c) {
  return CheckAndRun(context, a, b, output, c, ISOQUANT_DISPATCH(context, RunTransposedF32));
}
Status MatMul(Context& context, const KxM<BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
              const FloatMatrix& c) {
  return CheckAndRun(context, a, b, output, c, ISOQUANT_DISPATCH(context, RunTransposedBf16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
