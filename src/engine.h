// Support: the one instance of driver and kernels that all operations of the library share, for each target. Include it
// within foreach_target; matmul.cc defines what it declares.

// Per-target include guard.
#if defined(ISOQUANT_SRC_ENGINE_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ENGINE_H_
#undef ISOQUANT_SRC_ENGINE_H_
#else
#define ISOQUANT_SRC_ENGINE_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {

// MatMulStage of matmul-inl.h: the stage runs for all outputs of a b.
Status RunEngine(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b, StageRef stage);
Status RunEngine(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b, StageRef stage);

// MatMulScratchBytes of matmul-inl.h. One name each, for HWY_EXPORT.
size_t EngineScratchS8(const Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b);
size_t EngineScratchU8(const Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b);

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
