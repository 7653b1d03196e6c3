// Operation: Conv2d to 8-bit integers by fixed-point multipliers: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "src/convolution_requantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/convolution_fixed_point.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/fixed_point-inl.h"
#include "src/convolution_rows.h"
#include "src/depthwise.h"
#include "src/run_requantized-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The sums of a depthwise convolution are corrected: the stage knows of no zero points.
template <class A, class Q>
HWY_INLINE Status Run(Context& context, const ConvolutionRows<A>& rows, const PackedPanels& panels,
                      const FixedPointRequantization& r, const MatrixView<Q>& c) {
  if (rows.is_depthwise) {
    return RunDepthwise(context, rows.windows, panels, r.b_zero_points, FixedPointStage<Q>(r, nullptr, c));
  }
  return WithRows(rows, [&](const RowSource<A>& a) {
    return RunRequantized<FixedPointStage>(context, a, WeightsRef(panels), r, c);
  });
}

// One name each, for HWY_EXPORT.
#define ISOQUANT_CONVOLVE(NAME, A, Q)                                                       \
  Status NAME(Context& context, const ConvolutionRows<A>& rows, const PackedPanels& panels, \
              const FixedPointRequantization& r, const MatrixView<Q>& c) {                  \
    return Run(context, rows, panels, r, c);                                                \
  }
ISOQUANT_CONVOLVE(ConvolveFixedPointS8S8, int8_t, int8_t)
ISOQUANT_CONVOLVE(ConvolveFixedPointS8U8, int8_t, uint8_t)
ISOQUANT_CONVOLVE(ConvolveFixedPointU8S8, uint8_t, int8_t)
ISOQUANT_CONVOLVE(ConvolveFixedPointU8U8, uint8_t, uint8_t)
#undef ISOQUANT_CONVOLVE

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(ConvolveFixedPointS8S8);
HWY_EXPORT(ConvolveFixedPointS8U8);
HWY_EXPORT(ConvolveFixedPointU8S8);
HWY_EXPORT(ConvolveFixedPointU8U8);
}  // namespace

#define ISOQUANT_CONV2D(A, Q, FUNCTION)                                                    \
  Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter, \
                const FixedPointRequantization& requantization, const ImageView<Q>& y) {   \
    return CheckAndConvolve(context, x, filter, requantization, y, CheckMultipliers,       \
                            ISOQUANT_DISPATCH(context, FUNCTION));                         \
  }
ISOQUANT_CONV2D(int8_t, int8_t, ConvolveFixedPointS8S8)
ISOQUANT_CONV2D(int8_t, uint8_t, ConvolveFixedPointS8U8)
ISOQUANT_CONV2D(uint8_t, int8_t, ConvolveFixedPointU8S8)
ISOQUANT_CONV2D(uint8_t, uint8_t, ConvolveFixedPointU8U8)
#undef ISOQUANT_CONV2D

}  // namespace isoquant
#endif  // HWY_ONCE
