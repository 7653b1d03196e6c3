// Operation: MatMul of rows of f32 that count as bf16: checks, rounds b if it is f32, dispatches to the engine.
#include "isoquant/as_bf16.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/float_output.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/as_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/sources/rounded_rows-inl.h"
#include "src/engine.h"
#include "src/float_output_rows.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status RunAsBf16(Context& context, const AsBf16& a, const WeightsRef& b, const MatrixView<float>& c, bool accumulate) {
  const RoundedRows rows(a.values);
  return MatMulRows(context, RowSource<BFloat16>(rows), b, c, accumulate);
}

Status RunAsBf16Output(Context& context, const AsBf16& a, const WeightsRef& b, const FloatOutput& output,
                       const FloatMatrix& c) {
  const RoundedRows rows(a.values);
  return RunFloatOutput(context, RowSource<BFloat16>(rows), b, output, c);
}

// Two lines of a panel of f32 become one of bf16. If K is odd, zeros are the last ones.
HWY_NOINLINE void RoundPanel(const float* HWY_RESTRICT from, size_t k, uint16_t* HWY_RESTRICT to) {
  constexpr size_t kColumns = PackedPanels::kColumns;
  const hn::CappedTag<float, kColumns> d;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  for (size_t i = 0; i < k; i += 2, from += 2 * kColumns, to += 2 * kColumns) {
    for (size_t col = 0; col < kColumns; col += hn::Lanes(d)) {
      const auto second = i + 1 < k ? hn::LoadU(d, from + kColumns + col) : hn::Zero(d);
      hn::StoreInterleaved2(DemoteBf16(d, hn::LoadU(d, from + col)), DemoteBf16(d, second), d16, to + 2 * col);
    }
  }
}

void RoundPanels(const PackedPanels& f32, size_t begin, size_t end, uint8_t* to) {
  const size_t f32_bytes = PackedPanels::PanelBytes(f32.k, ElementType::kF32);
  const size_t bytes = PackedPanels::PanelBytes(f32.k, ElementType::kBf16);
  for (size_t p = begin; p < end; ++p) {
    RoundPanel(reinterpret_cast<const float*>(f32.panels + p * f32_bytes), f32.k,
               reinterpret_cast<uint16_t*>(to + p * bytes));
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RunAsBf16);
HWY_EXPORT(RunAsBf16Output);
HWY_EXPORT(RoundPanels);

// Of b of f32, packed or plain: its panels as bf16, in scratch.
Status RoundIntoScratch(Context& context, const WeightsRef& b, PackedPanels& rounded) {
  PanelLayout layout, f32;
  const bool fits = layout.Compute(b.k(), b.n(), ElementType::kBf16) &&
                    (b.packed() != nullptr || f32.Compute(b.k(), b.n(), ElementType::kF32)) &&
                    layout.bytes + f32.bytes >= layout.bytes;
  const size_t bytes = fits ? layout.bytes + f32.bytes : SIZE_MAX;
  uint8_t* const memory = fits ? context.Scratch(Context::ScratchOwner::kOperation, bytes) : nullptr;
  if (memory == nullptr) return Status(StatusCode::kOutOfMemory, "rounded b", bytes, "", 0);
  PackedPanels panels;
  if (b.packed() != nullptr) {
    panels = *b.packed();
  } else {
    PackInto(context, b, f32, memory + layout.bytes);
    panels = f32.At(memory + layout.bytes, b.k(), b.n());
  }
  rounded = layout.At(memory, b.k(), b.n());
  if (layout.bytes == 0) return Status();  // K = 0
  const auto round = ISOQUANT_DISPATCH(context, RoundPanels);
  const size_t elements = PackedPanels::PanelBytes(b.k(), ElementType::kBf16) / sizeof(BFloat16);
  ForEachPart(context, PackedPanels::NumPanels(b.n()), elements, 1,
              [&](size_t begin, size_t end) { round(panels, begin, end, memory); });
  return Status();
}

template <class C>
Status Check(const AsBf16& a, const WeightsRef& b, const MatrixView<C>& c) {
  const OperandNames names{ISOQUANT_NAMES(a.values), ISOQUANT_NAMES(b), ISOQUANT_NAMES(c), "b's K", "b's N"};
  return b.type() == ElementType::kF32 ? CheckOperands<float>(a.values, b, c, names)
                                       : CheckOperands<BFloat16>(a.values, b, c, names);
}

// Calls run(weights), weights being b as bf16.
template <class F>
Status RunWithRounded(Context& context, const WeightsRef& b, const F& run) {
  if (b.type() != ElementType::kF32) return run(b);
  PackedPanels rounded;
  ISOQUANT_RETURN_IF_ERROR(RoundIntoScratch(context, b, rounded));
  return run(WeightsRef(rounded));
}

}  // namespace

Status MatMul(Context& context, const AsBf16& a, const WeightsRef& b, const MatrixView<float>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(Check(a, b, c));
  if (c.rows == 0 || c.cols == 0) return Status();
  return RunWithRounded(context, b, [&](const WeightsRef& weights) {
    return ISOQUANT_DISPATCH(context, RunAsBf16)(context, a, weights, c, store == Store::kAccumulate);
  });
}

Status MatMul(Context& context, const AsBf16& a, const WeightsRef& b, const FloatOutput& output, const FloatMatrix& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckWithFloatOutput(b, output, c, [&](const auto& view) { return Check(a, b, view); }));
  if (c.rows == 0 || c.cols == 0) return Status();
  return RunWithRounded(context, b, [&](const WeightsRef& weights) {
    return ISOQUANT_DISPATCH(context, RunAsBf16Output)(context, a, weights, output, c);
  });
}

}  // namespace isoquant
#endif  // HWY_ONCE
