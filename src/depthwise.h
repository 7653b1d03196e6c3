// Support: depthwise convolutions, through any stage. Include it within foreach_target; depthwise.cc defines what it
// declares.

// Per-target include guard.
#if defined(ISOQUANT_SRC_DEPTHWISE_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_DEPTHWISE_H_
#undef ISOQUANT_SRC_DEPTHWISE_H_
#else
#define ISOQUANT_SRC_DEPTHWISE_H_
#endif

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {

// The stage runs for all windows and all columns of b: K x N, K positions of the kernel and N channels, which are those
// of windows.x. The sum of a window and a channel is t = sum over k of (x - windows.padding) (b(k, n) -
// zero_points[n]), so the stage must not correct zero points itself. zero_points may be none, one, or one for each
// channel. c: where the stage stores sums, if it does so as they are; otherwise, no elements.
Status RunDepthwise(Context& context, const ImageWindows<int8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage,
                    const MatrixView<int32_t>& c = {});
Status RunDepthwise(Context& context, const ImageWindows<uint8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage,
                    const MatrixView<int32_t>& c = {});

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
