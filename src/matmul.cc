// Operation: MatMul to int32: checks, once per call, then dispatches. Driver and kernels are compiled here, for the
// other operations too (engine.h).
#include "isoquant/matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"
#include "src/pack.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/matmul-inl.h"
#include "src/engine.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return MatMulStage(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return MatMulStage(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

}  // namespace

Status RunEngine(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b, StageRef stage) {
  return MatMulStage(context, a, b, stage);
}
Status RunEngine(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b, StageRef stage) {
  return MatMulStage(context, a, b, stage);
}
size_t EngineScratchS8(const Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b) {
  return MatMulScratchBytes(context, a, b);
}
size_t EngineScratchU8(const Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b) {
  return MatMulScratchBytes(context, a, b);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MatMulS8);
HWY_EXPORT(MatMulU8);

Status Multiply(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulS8)(context, a, b, c, store == Store::kAccumulate);
}
Status Multiply(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulU8)(context, a, b, c, store == Store::kAccumulate);
}

// Plain weights can be packed while they are multiplied, where all of A stays in L2 beside them and there are columns
// for every worker. Else all of them are packed before.
bool PacksOnTheWay(const Context& context, size_t m, size_t k, size_t n) {
  constexpr size_t kMinColumns = 128;
  const size_t workers = context.NumWorkers();
  return m <= DetectCpu().l2_bytes / 8 * 3 / (k + 1) && (workers == 1 || n / kMinColumns >= workers);
}

template <class A>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                            const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  if (b.packed() != nullptr) return Multiply(context, a, b, c, store);
  if (c.empty()) return Status();
  if (PacksOnTheWay(context, a.rows, b.k(), b.n())) return Multiply(context, a, b, c, store);
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PackIntoScratch(context, b, panels));
  return Multiply(context, a, WeightsRef(panels), c, store);
}

// Small products take the short way: no Status before their own (20 instructions less of 109).
template <class A>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                   const MatrixView<int32_t>& c, Store store) {
  if (b.packed() != nullptr && AreUsual(a, *b.packed(), c)) return Multiply(context, a, b, c, store);
  return CheckAndMultiplyUnusual(context, a, b, c, store);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
