// Operation: MatMul to int32: checks, once per call, then dispatches.
#include "isoquant/matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"
#include "src/panels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b,
                const MatrixView<int32_t>& c, bool accumulate) {
  return MatMulStage(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b,
                const MatrixView<int32_t>& c, bool accumulate) {
  return MatMulStage(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MatMulS8);
HWY_EXPORT(MatMulU8);

template <class A>
Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                        const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  if (b.packed() != nullptr) return MatMulPanels(context, a, *b.packed(), c, store);
  if (c.empty()) return Status();
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PanelsOf(context, b, panels));
  return MatMulPanels(context, a, panels, c, store);
}

}  // namespace

Status MatMulPanels(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b,
                    const MatrixView<int32_t>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulS8)(context, a, b, c, store == Store::kAccumulate);
}

Status MatMulPanels(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b,
                    const MatrixView<int32_t>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulU8)(context, a, b, c, store == Store::kAccumulate);
}

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
