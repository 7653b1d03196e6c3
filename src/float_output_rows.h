// Support: products of rows from any source through a FloatOutput that has been checked, for each target. Include it
// within foreach_target. float_output.cc defines what it declares: one instance of the stages serves all operations.

// Per-target include guard.
#if defined(ISOQUANT_SRC_FLOAT_OUTPUT_ROWS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_FLOAT_OUTPUT_ROWS_H_
#undef ISOQUANT_SRC_FLOAT_OUTPUT_ROWS_H_
#else
#define ISOQUANT_SRC_FLOAT_OUTPUT_ROWS_H_
#endif

#include "isoquant/context.h"
#include "isoquant/float_matmul.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {

Status RunFloatOutput(Context& context, const RowSource<float>& a, const WeightsRef& b, const FloatOutput& output,
                      const FloatMatrix& c);
Status RunFloatOutput(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, const FloatOutput& output,
                      const FloatMatrix& c);

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
