// Operation: packing, dispatched.
#include <algorithm>
#include <cstring>
#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/panels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/pack.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Panels [begin, end).
void PackPanels(const WeightsRef& b, size_t begin, size_t end, int8_t* panels) {
  const size_t panel_bytes = PackedPanels::PanelBytes(b.k());
  for (size_t p = begin; p < end; ++p) {
    const size_t col = p * PackedPanels::kColumns;
    if (b.transposed()) {
      PackPanel(NxK{b.plain()}, col, panels + p * panel_bytes);
    } else {
      PackPanel(KxN{b.plain()}, col, panels + p * panel_bytes);
    }
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

HWY_EXPORT(PackPanels);

constexpr size_t kMinBytesPerTask = 256 * 1024;

}  // namespace

bool PanelLayout::Compute(uint64_t k, uint64_t n) {
  const uint64_t max = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) - 128;
  if (k > max / 16 || n > max / 16) return false;  // so that the roundings below cannot wrap
  const uint64_t panel = PackedPanels::PanelBytes(static_cast<size_t>(k));
  const uint64_t num_panels = PackedPanels::NumPanels(static_cast<size_t>(n));
  const uint64_t sums = (n * sizeof(int32_t) + 63) / 64 * 64;
  if (panel != 0 && num_panels > (max - sums) / panel) return false;
  panels_bytes = static_cast<size_t>(panel * num_panels);
  bytes = static_cast<size_t>(panel * num_panels + sums);
  return true;
}

PackedPanels PanelLayout::At(uint8_t* memory, size_t k, size_t n) const {
  return {reinterpret_cast<int8_t*>(memory), reinterpret_cast<int32_t*>(memory + panels_bytes), k, n};
}

Status PackInto(Context& context, const WeightsRef& plain, const PanelLayout& layout, uint8_t* memory) {
  const PackedPanels b = layout.At(memory, plain.k(), plain.n());
  int8_t* panels = reinterpret_cast<int8_t*>(memory);
  const size_t num_panels = PackedPanels::NumPanels(b.n);
  const size_t tasks =
      std::max<size_t>(1, std::min({context.NumWorkers(), num_panels, layout.panels_bytes / kMinBytesPerTask}));
  const auto pack = ISOQUANT_DISPATCH(context, PackPanels);
  const auto task = [&](size_t i, size_t) {
    pack(plain, num_panels * i / tasks, num_panels * (i + 1) / tasks, panels);
  };
  context.Run(tasks, TaskRef(task));

  // The column sums are the product of a row of ones and B. Unsigned ones: they need no column sums themselves.
  std::memset(memory + layout.panels_bytes, 0, layout.bytes - layout.panels_bytes);
  uint8_t* ones = context.Scratch(Context::ScratchOwner::kPacking, b.k);
  if (ones == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", b.k, "", 0);
  std::memset(ones, 1, b.k);
  int32_t* sums = reinterpret_cast<int32_t*>(memory + layout.panels_bytes);
  return MatMulPanels(context, MatrixView<const uint8_t>(ones, 1, b.k), b, MatrixView<int32_t>(sums, 1, b.n),
                      Store::kOverwrite);
}

Status PanelsOf(Context& context, const WeightsRef& b, PackedPanels& panels) {
  if (b.packed() != nullptr) {
    panels = *b.packed();
    return Status();
  }
  PanelLayout layout;
  uint8_t* memory = nullptr;
  if (layout.Compute(b.k(), b.n())) memory = context.Scratch(Context::ScratchOwner::kOperation, layout.bytes);
  if (memory == nullptr) return Status(StatusCode::kOutOfMemory, "packed b", layout.bytes, "", 0);
  panels = layout.At(memory, b.k(), b.n());
  return PackInto(context, b, layout, memory);
}

}  // namespace isoquant
#endif  // HWY_ONCE
