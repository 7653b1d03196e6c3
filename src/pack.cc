// Operation: packing, dispatched.
#include "src/pack.h"

#include <algorithm>
#include <limits>

#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/pack.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/engine/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Panels [begin, end) and the sums of their columns, if they have any, to their places in a whole.
void PackPart(const WeightsRef& b, size_t begin, size_t end, uint8_t* panels, uint32_t* sums) {
  uint8_t* const first = panels + begin * PackedPanels::PanelBytes(b.k(), b.type());
  if (sums != nullptr) sums += begin * PackedPanels::kColumns;
  (void)ForWeightType(b.type(), [&](auto element) HWY_ATTR {
    using B = InPanels<decltype(element)>;
    const PlainB from = WherePlainIs(b.k() * b.n() * sizeof(B), DetectCpu().l2_bytes);
    PackPanels<B>(b, {0, b.k()}, {begin, end, reinterpret_cast<B*>(first), sums, from});
  });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(PackPart);

constexpr size_t kMinBytesPerTask = 256 * 1024;

}  // namespace

bool PanelLayout::Compute(uint64_t k, uint64_t n, ElementType type_in) {
  type = type_in;
  panels_bytes = 0;
  bytes = SIZE_MAX;
  const uint64_t max = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) - 128;
  const uint64_t panel_bytes_per_k = PackedPanels::kLineBytes / PackedPanels::GroupOf(type);
  if (k > max / panel_bytes_per_k || n > max / 16) return false;  // so that the roundings below cannot wrap
  const uint64_t panel = PackedPanels::PanelBytes(static_cast<size_t>(k), type);
  const uint64_t num_panels = PackedPanels::NumPanels(static_cast<size_t>(n));
  const uint64_t sums = IsInteger(type) ? (n * sizeof(int32_t) + 63) / 64 * 64 : 0;
  if (panel != 0 && num_panels > (max - sums) / panel) return false;
  panels_bytes = static_cast<size_t>(panel * num_panels);
  bytes = static_cast<size_t>(panel * num_panels + sums);
  return true;
}

PackedPanels PanelLayout::At(uint8_t* memory, size_t k, size_t n) const {
  int32_t* const sums = IsInteger(type) ? reinterpret_cast<int32_t*>(memory + panels_bytes) : nullptr;
  return {reinterpret_cast<int8_t*>(memory), sums, k, n, type};
}

void PackInto(Context& context, const WeightsRef& plain, const PanelLayout& layout, uint8_t* memory) {
  if (layout.bytes == 0) return;  // K or N may be any number then
  const size_t num_panels = PackedPanels::NumPanels(plain.n());
  const size_t tasks =
      std::max<size_t>(1, std::min({context.NumWorkers(), num_panels, layout.panels_bytes / kMinBytesPerTask}));
  uint32_t* sums = IsInteger(layout.type) ? reinterpret_cast<uint32_t*>(memory + layout.panels_bytes) : nullptr;
  const auto pack = ISOQUANT_DISPATCH(context, PackPart);
  const auto task = [&](size_t i, size_t) {
    pack(plain, num_panels * i / tasks, num_panels * (i + 1) / tasks, memory, sums);
  };
  context.Run(tasks, TaskRef(task));
}

bool HaveSevenBits(const PanelLayout& layout, const void* panels) {
  if (!IsInteger(layout.type)) return false;
  constexpr size_t kAtOnce = 64 * PackedPanels::kLineBytes;
  const uint8_t* from = static_cast<const uint8_t*>(panels);
  for (size_t left = layout.panels_bytes, size; left != 0; left -= size, from += size) {
    size = std::min(left, kAtOnce);
    uint8_t most = 0;  // of the bytes + 64: a loop that compilers vectorize
    for (size_t i = 0; i < size; ++i) most = std::max(most, static_cast<uint8_t>(from[i] + 64));
    if (most > 128) return false;
  }
  return true;
}

Status PackIntoScratch(Context& context, const WeightsRef& plain, PackedPanels& panels) {
  PanelLayout layout;
  const bool fits = layout.Compute(plain.k(), plain.n(), plain.type());
  uint8_t* memory = fits ? context.Scratch(Context::ScratchOwner::kOperation, layout.bytes) : nullptr;
  if (memory == nullptr) return Status(StatusCode::kOutOfMemory, "packed b", layout.bytes, "", 0);
  panels = layout.At(memory, plain.k(), plain.n());
  PackInto(context, plain, layout, memory);
  return Status();
}

Status PackIntoScratch(Context& context, const WeightsBatch& plain, PackedPanels& first, size_t& bytes) {
  const WeightsRef b = plain.At(0);
  PanelLayout layout;
  const bool fits = layout.Compute(b.k(), b.n(), b.type()) && layout.bytes <= SIZE_MAX / 2 / plain.count();
  bytes = layout.bytes;
  const size_t all_bytes = fits ? plain.count() * bytes : SIZE_MAX;
  uint8_t* memory = fits ? context.Scratch(Context::ScratchOwner::kOperation, all_bytes) : nullptr;
  if (memory == nullptr) return Status(StatusCode::kOutOfMemory, "packed b", all_bytes, "", 0);
  first = layout.At(memory, b.k(), b.n());
  const auto pack = ISOQUANT_DISPATCH(context, PackPart);
  const size_t num_panels = PackedPanels::NumPanels(b.n());
  const size_t most = std::min(context.NumWorkers(), all_bytes / kMinBytesPerTask);  // tasks
  // Few matrices are cut: a matrix to a task is less than there are workers.
  const size_t parts = std::max<size_t>(1, std::min(num_panels, most / plain.count()));
  const size_t units = plain.count() * parts, tasks = std::max<size_t>(1, std::min(units, most));
  const auto task = [&](size_t i, size_t) {
    for (size_t unit = units * i / tasks; unit < units * (i + 1) / tasks; ++unit) {
      const size_t matrix = unit / parts, part = unit % parts;
      uint8_t* const to = memory + matrix * bytes;
      uint32_t* sums = IsInteger(layout.type) ? reinterpret_cast<uint32_t*>(to + layout.panels_bytes) : nullptr;
      pack(plain.At(matrix), num_panels * part / parts, num_panels * (part + 1) / parts, to, sums);
    }
  };
  if (bytes != 0) context.Run(tasks, TaskRef(task));
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
