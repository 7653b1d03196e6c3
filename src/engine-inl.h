// Support: what engine.h declares. Each of engine_*.cc includes this for targets of its own: those for which
// ISOQUANT_ENGINE_HAS_TARGET is true. (It is included for the others too, because each inclusion turns its guard over.)

// Per-target include guard.
#if defined(ISOQUANT_SRC_ENGINE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ENGINE_INL_H_
#undef ISOQUANT_SRC_ENGINE_INL_H_
#else
#define ISOQUANT_SRC_ENGINE_INL_H_
#endif

#include "isoquant/inl/matmul-inl.h"
#include "src/check.h"
#include "src/engine.h"
#include "src/pack.h"

#if ISOQUANT_ENGINE_HAS_TARGET

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Whether plain weights are packed before the product, and not while it runs.
HWY_INLINE bool PacksBefore(const Context& context, size_t m, const WeightsRef& b) {
  return b.packed() == nullptr && !PacksOnTheWay(m, b.k(), b.n(), context.NumWorkers(), DetectedCaches());
}

template <class Function>
HWY_NOINLINE Status PackAndCall(Context& context, const WeightsRef& b, const Function& function) {
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, b, panels));
  return function(WeightsRef(panels));
}

}  // namespace

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  if (HWY_UNLIKELY(PacksBefore(context, a.rows, b))) {
    return PackAndCall(context, b,
                       [&](const WeightsRef& packed) { return MatMulS8(context, a, packed, c, accumulate); });
  }
  return SolveProblem<Int8Problem<int8_t>>(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  if (HWY_UNLIKELY(PacksBefore(context, a.rows, b))) {
    return PackAndCall(context, b,
                       [&](const WeightsRef& packed) { return MatMulU8(context, a, packed, c, accumulate); });
  }
  return SolveProblem<Int8Problem<uint8_t>>(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

Status RunEngine(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  if (HWY_UNLIKELY(PacksBefore(context, a.matrix.rows, b))) {
    return PackAndCall(context, b, [&](const WeightsRef& packed) { return RunEngine(context, a, packed, stage); });
  }
  return SolveProblem<Int8Problem<int8_t>>(context, a, b, stage);
}
Status RunEngine(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, StageRef<int32_t> stage) {
  if (HWY_UNLIKELY(PacksBefore(context, a.matrix.rows, b))) {
    return PackAndCall(context, b, [&](const WeightsRef& packed) { return RunEngine(context, a, packed, stage); });
  }
  return SolveProblem<Int8Problem<uint8_t>>(context, a, b, stage);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_ENGINE_HAS_TARGET
#endif  // per-target include guard
