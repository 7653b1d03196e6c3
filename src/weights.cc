// Operation: packed weights as an object. docs: weights.h.
#include "isoquant/weights.h"

#include <utility>

#include "src/check.h"
#include "src/memory.h"
#include "src/pack.h"

namespace isoquant {

PackedWeights::~PackedWeights() { FreeBytes(owned_); }

PackedWeights::PackedWeights(PackedWeights&& other) noexcept { *this = std::move(other); }

PackedWeights& PackedWeights::operator=(PackedWeights&& other) noexcept {
  std::swap(panels_, other.panels_);
  std::swap(payload_, other.payload_);
  std::swap(payload_checksum_, other.payload_checksum_);
  std::swap(owned_, other.owned_);
  return *this;
}

namespace {

// Checks that plain weights are of a type that can be packed, and that their view is in order.
Status CheckPlain(const WeightsRef& b) {
  Status status(StatusCode::kWrongType, "b", static_cast<uint64_t>(b.type()), kWeightTypes, 0);
  (void)ForWeightType(b.type(),
                      [&](auto element) { status = CheckView(b.plain().As<decltype(element)>(), ISOQUANT_NAMES(b), RowOverlap::kRefused); });
  return status;
}

}  // namespace

Status PackedWeights::PackAny(Context& context, const WeightsRef& b, PackedWeights& packed) {
  ISOQUANT_RETURN_IF_ERROR(CheckPlain(b));
  PanelLayout layout;
  PackedWeights result;
  const bool fits = layout.Compute(b.k(), b.n(), b.type());
  result.owned_ = fits ? AllocateBytes(layout.bytes) : nullptr;
  if (result.owned_ == nullptr) return Status(StatusCode::kOutOfMemory, "packed", layout.bytes, "", 0);
  PackInto(context, b, layout, result.owned_);
  result.panels_ = layout.At(result.owned_, b.k(), b.n());
  result.panels_.seven_bits = HaveSevenBits(layout, result.owned_);
  packed = std::move(result);
  return Status();
}

Status PackedWeights::Pack(Context& context, KxN b, PackedWeights& packed) { return PackAny(context, b, packed); }
Status PackedWeights::Pack(Context& context, NxK b, PackedWeights& packed) { return PackAny(context, b, packed); }

}  // namespace isoquant
