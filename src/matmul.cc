// Operation: MatMul to int32: checks, once per call, then dispatches.
#include "isoquant/matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/check.h"
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

Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
  return MatMulStage(context, a, b, StoreS32{c.data, c.row_stride, accumulate});
}
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate) {
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
Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                        const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("a.cols", a.cols, "b's K", b.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.rows", c.rows, "a.rows", a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.cols", c.cols, "b's N", b.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a, ISOQUANT_NAMES(a)));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, ISOQUANT_NAMES(c)));
  const Bytes c_bytes(c);
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c_bytes, "a", Bytes(a)));
  if (b.packed() != nullptr) {
    const Bytes panels(b.packed()->panels, PackedPanels::NumPanels(b.n()) * PackedPanels::PanelBytes(b.k()));
    const Bytes sums(b.packed()->column_sums, b.n() * sizeof(int32_t));
    ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c_bytes, "b", panels));
    ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c_bytes, "b", sums));
    return Multiply(context, a, b, c, store);
  }
  ISOQUANT_RETURN_IF_ERROR(CheckView(b.plain(), ISOQUANT_NAMES(b)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c_bytes, "b", Bytes(b.plain())));
  if (c.empty()) return Status();
  if (PacksOnTheWay(context, a.rows, b.k(), b.n())) return Multiply(context, a, b, c, store);
  PanelLayout layout;
  uint8_t* memory = nullptr;
  if (layout.Compute(b.k(), b.n())) memory = context.Scratch(Context::ScratchOwner::kOperation, layout.bytes);
  if (memory == nullptr) return Status(StatusCode::kOutOfMemory, "packed b", layout.bytes, "", 0);
  PackInto(context, b, layout, memory);
  const PackedPanels panels = layout.At(memory, b.k(), b.n());
  return Multiply(context, a, WeightsRef(panels), c, store);
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
