// Operation: packed weights as a blob: Serialize, View, Load, Verify. docs: weights.h.
#include <cstring>
#include <utility>

#include "hwy/base.h"
#include "isoquant/weights.h"
#include "src/check.h"
#include "src/little_endian.h"
#include "src/memory.h"
#include "src/pack.h"

namespace isoquant {
namespace {

constexpr char kMagic[9] = "ISOQUANT";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 64;
// Byte offsets in the header.
constexpr size_t kVersionAt = 8, kHeaderBytesAt = 12, kKAt = 16, kNAt = 24, kTotalAt = 32, kPayloadChecksumAt = 40,
                 kReservedAt = 48, kHeaderChecksumAt = 56;

// FNV-1a over little-endian 64-bit words (Fowler, Noll, Vo), `bytes` a multiple of 8. Each step is a bijection of the
// state for a given word, so that a change within one word always changes the result.
uint64_t Checksum(const uint8_t* data, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes; i += 8) hash = (hash ^ LoadLittleEndian<uint64_t>(data + i)) * 0x100000001b3u;
  return hash;
}

Status CheckField(const char* name, uint64_t actual, const char* expected_name, uint64_t expected) {
  if (actual == expected) return Status();
  return Status(StatusCode::kCorrupt, name, actual, expected_name, expected);
}

// That the header is whole and of this version.
Status CheckHeader(const uint8_t* header) {
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob magic", LoadLittleEndian<uint64_t>(header), "\"ISOQUANT\"",
                                      LoadLittleEndian<uint64_t>(reinterpret_cast<const uint8_t*>(kMagic))));
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob layout version", LoadLittleEndian<uint32_t>(header + kVersionAt), "version", kVersion));
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob header checksum", Checksum(header, kHeaderChecksumAt), "stored checksum",
                                      LoadLittleEndian<uint64_t>(header + kHeaderChecksumAt)));
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob header size", LoadLittleEndian<uint32_t>(header + kHeaderBytesAt), "size", kHeaderBytes));
  return CheckField("blob reserved field", LoadLittleEndian<uint64_t>(header + kReservedAt), "zero", 0);
}

}  // namespace

size_t PackedWeights::SerializedBytes() const {
  PanelLayout layout;
  (void)layout.Compute(k(), n());  // it did when these weights were made
  return kHeaderBytes + layout.bytes;
}

Status PackedWeights::Serialize(VectorView<uint8_t> blob) const {
  PanelLayout layout;
  (void)layout.Compute(k(), n());
  const size_t total = kHeaderBytes + layout.bytes;
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "SerializedBytes()", total);
  if (blob.size < total) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "SerializedBytes()", total);

  uint8_t* payload = blob.data + kHeaderBytes;
  if (layout.panels_bytes != 0) std::memcpy(payload, panels_.panels, layout.panels_bytes);
  uint8_t* sums = payload + layout.panels_bytes;
  std::memset(sums, 0, layout.bytes - layout.panels_bytes);
  for (size_t i = 0; i < n(); ++i) {
    StoreLittleEndian(static_cast<uint32_t>(panels_.column_sums[i]), sums + i * sizeof(uint32_t));
  }

  uint8_t* header = blob.data;
  std::memcpy(header, kMagic, 8);
  StoreLittleEndian(kVersion, header + kVersionAt);
  StoreLittleEndian(static_cast<uint32_t>(kHeaderBytes), header + kHeaderBytesAt);
  StoreLittleEndian(uint64_t{k()}, header + kKAt);
  StoreLittleEndian(uint64_t{n()}, header + kNAt);
  StoreLittleEndian(uint64_t{total}, header + kTotalAt);
  StoreLittleEndian(Checksum(payload, layout.bytes), header + kPayloadChecksumAt);
  StoreLittleEndian(uint64_t{0}, header + kReservedAt);
  StoreLittleEndian(Checksum(header, kHeaderChecksumAt), header + kHeaderChecksumAt);
  return Status();
}

Status PackedWeights::Open(VectorView<const uint8_t> blob, bool copies, PackedWeights& packed) {
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "header", kHeaderBytes);
  if (blob.size < kHeaderBytes) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "header", kHeaderBytes);
  const uint64_t phase = reinterpret_cast<uintptr_t>(blob.data) % 64;
  if (phase != 0 && !copies) return Status(StatusCode::kMisaligned, "blob.data", phase, "alignment", 64);

  const uint8_t* header = blob.data;
  ISOQUANT_RETURN_IF_ERROR(CheckHeader(header));
  // From here on the header is as someone wrote it; that does not make it true.
  const uint64_t k = LoadLittleEndian<uint64_t>(header + kKAt), n = LoadLittleEndian<uint64_t>(header + kNAt);
  PanelLayout layout;
  if (k > SIZE_MAX || n > SIZE_MAX || !layout.Compute(k, n)) {
    return Status(StatusCode::kCorrupt, "blob K", k, "a size that fits the address space; N", n);
  }
  const uint64_t total = LoadLittleEndian<uint64_t>(header + kTotalAt);
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob total size", total, "size of K x N", kHeaderBytes + layout.bytes));
  if (blob.size < total) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "blob total size", total);

  PackedWeights result;
  const uint8_t* payload = blob.data + kHeaderBytes;
  const size_t copy_bytes = copies ? layout.bytes : 0;
  const size_t sums_bytes = HWY_IS_LITTLE_ENDIAN ? 0 : layout.bytes - layout.panels_bytes;
  if (copies || sums_bytes != 0) {
    result.owned_ = AllocateBytes(copy_bytes + sums_bytes);
    if (result.owned_ == nullptr) return Status(StatusCode::kOutOfMemory, "packed", copy_bytes + sums_bytes, "", 0);
  }
  if (copies) {
    std::memcpy(result.owned_, payload, copy_bytes);
    payload = result.owned_;
  }
  const uint8_t* sums = payload + layout.panels_bytes;
  if (sums_bytes != 0) {
    uint8_t* const native = result.owned_ + copy_bytes;
    for (size_t i = 0; i < sums_bytes; i += 4) {
      const uint32_t sum = LoadLittleEndian<uint32_t>(sums + i);
      std::memcpy(native + i, &sum, 4);
    }
    sums = native;
  }
  result.panels_ = {reinterpret_cast<const int8_t*>(payload), reinterpret_cast<const int32_t*>(sums),
                    static_cast<size_t>(k), static_cast<size_t>(n)};
  result.payload_checksum_ = LoadLittleEndian<uint64_t>(header + kPayloadChecksumAt);
  result.has_checksum_ = true;
  packed = std::move(result);
  return Status();
}

Status PackedWeights::View(VectorView<const uint8_t> blob, PackedWeights& packed) { return Open(blob, false, packed); }
Status PackedWeights::Load(VectorView<const uint8_t> blob, PackedWeights& packed) { return Open(blob, true, packed); }

Status PackedWeights::Verify() const {
  PanelLayout layout;
  (void)layout.Compute(k(), n());
  if (has_checksum_) {  // then the payload lies as it does in the blob
    const uint8_t* payload = reinterpret_cast<const uint8_t*>(panels_.panels);
    ISOQUANT_RETURN_IF_ERROR(
        CheckField("blob payload checksum", Checksum(payload, layout.bytes), "stored checksum", payload_checksum_));
  }
  const size_t panel_bytes = PackedPanels::PanelBytes(k());
  for (size_t p = 0; p < PackedPanels::NumPanels(n()); ++p) {
    const int8_t* panel = panels_.panels + p * panel_bytes;
    uint32_t sums[PackedPanels::kColumns] = {};
    for (size_t i = 0; i < panel_bytes; ++i) {
      const size_t column = i % 64 / 4;
      const bool padding = i / 64 * 4 + i % 4 >= k() || p * PackedPanels::kColumns + column >= n();
      if (padding) ISOQUANT_RETURN_IF_ERROR(CheckField("padding", static_cast<uint8_t>(panel[i]), "zero", 0));
      sums[column] += static_cast<uint32_t>(int32_t{panel[i]});
    }
    for (size_t j = 0; j < PackedPanels::kColumns; ++j) {
      const size_t column = p * PackedPanels::kColumns + j;
      const uint32_t stored = static_cast<uint32_t>(panels_.column_sums[column]);
      ISOQUANT_RETURN_IF_ERROR(column < n() ? CheckField("column sum", stored, "sum of the column", sums[j])
                                            : CheckField("padding", stored, "zero", 0));
    }
  }
  return Status();
}

}  // namespace isoquant
