// Operation: packed weights as a blob: Serialize, View, Load, Verify. docs: weights.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include "hwy/base.h"
#include "isoquant/weights.h"
#include "src/blob_header.h"
#include "src/check.h"
#include "src/memory.h"
#include "src/pack.h"

namespace isoquant {
namespace {

constexpr size_t kHeaderBytes = BlobHeader::kBytes;

constexpr size_t ElementBytes(ElementType type) { return BitsOf(type) / 8; }

// Copies words of `word` bytes each. They become little-endian if they were native, and native if they were
// little-endian.
void CopyWords(const void* from, size_t bytes, size_t word, uint8_t* to) {
  if (bytes == 0) return;
  std::memcpy(to, from, bytes);
  if (HWY_IS_LITTLE_ENDIAN || word == 1) return;
  for (size_t i = 0; i < bytes; i += word) std::reverse(to + i, to + i + word);
}

}  // namespace

size_t PackedWeights::SerializedBytes() const {
  PanelLayout layout;
  (void)layout.Compute(k(), n(), type());  // it did when these weights were made
  return kHeaderBytes + layout.bytes;
}

Status PackedWeights::Serialize(VectorView<uint8_t> blob) const {
  PanelLayout layout;
  (void)layout.Compute(k(), n(), type());
  const size_t total = kHeaderBytes + layout.bytes;
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "SerializedBytes()", total);
  if (blob.size < total) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "SerializedBytes()", total);

  uint8_t* payload = blob.data + kHeaderBytes;
  CopyWords(panels_.panels, layout.panels_bytes, ElementBytes(type()), payload);
  uint8_t* const sums = payload + layout.panels_bytes;
  std::memset(sums, 0, layout.bytes - layout.panels_bytes);
  if (IsInteger(type())) CopyWords(panels_.column_sums, n() * sizeof(int32_t), sizeof(int32_t), sums);

  BlobHeader{k(), n(), total, BlobChecksum(payload, layout.bytes), type()}.Write(blob.data);
  return Status();
}

Status PackedWeights::Open(VectorView<const uint8_t> blob, bool copies, PackedWeights& packed) {
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "header", kHeaderBytes);
  if (blob.size < kHeaderBytes) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "header", kHeaderBytes);
  const uint64_t phase = reinterpret_cast<uintptr_t>(blob.data) % 64;
  if (phase != 0 && !copies) return Status(StatusCode::kMisaligned, "blob.data", phase, "alignment", 64);

  BlobHeader header;
  ISOQUANT_RETURN_IF_ERROR(header.Read(blob.data));
  // The header is undamaged. But whoever wrote it may have written anything, so what it says is checked.
  const uint64_t k = header.k, n = header.n, total = header.total;
  const ElementType type = header.type;
  PanelLayout layout;
  if (k > SIZE_MAX || n > SIZE_MAX || !layout.Compute(k, n, type)) {
    return Status(StatusCode::kCorrupt, "blob K", k, "a size that fits the address space; N", n);
  }
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob total size", total, "size of K x N in this format", kHeaderBytes + layout.bytes));
  if (blob.size < total) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "blob total size", total);

  PackedWeights result;
  const uint8_t* payload = blob.data + kHeaderBytes;
  const size_t copy_bytes = copies ? layout.bytes : 0;
  // Big-endian hosts need copies of words. If elements have more than one byte, these are all elements; otherwise they
  // are the column sums.
  const size_t element = ElementBytes(type), words_at = element == 1 ? layout.panels_bytes : 0;
  const size_t words_bytes = HWY_IS_LITTLE_ENDIAN ? 0 : layout.bytes - words_at;
  if (copies || words_bytes != 0) {
    result.owned_ = AllocateBytes(copy_bytes + words_bytes);
    if (result.owned_ == nullptr) return Status(StatusCode::kOutOfMemory, "packed", copy_bytes + words_bytes, "", 0);
  }
  if (copies) {
    std::memcpy(result.owned_, payload, copy_bytes);
    payload = result.owned_;
  }
  const uint8_t *panels = payload, *sums = IsInteger(type) ? payload + layout.panels_bytes : nullptr;
  if (words_bytes != 0) {
    uint8_t* const words = result.owned_ + copy_bytes;
    CopyWords(payload + words_at, words_bytes, element == 1 ? sizeof(int32_t) : element, words);
    (element == 1 ? sums : panels) = words;
  }
  result.panels_ = {reinterpret_cast<const int8_t*>(panels), reinterpret_cast<const int32_t*>(sums),
                    static_cast<size_t>(k), static_cast<size_t>(n), type};
  result.panels_.seven_bits = copies && HaveSevenBits(layout, panels);
  result.payload_ = payload;
  result.payload_checksum_ = header.payload_checksum;
  packed = std::move(result);
  return Status();
}

Status PackedWeights::View(VectorView<const uint8_t> blob, PackedWeights& packed) { return Open(blob, false, packed); }
Status PackedWeights::Load(VectorView<const uint8_t> blob, PackedWeights& packed) { return Open(blob, true, packed); }

Status PackedWeights::Verify() const {
  PanelLayout layout;
  (void)layout.Compute(k(), n(), type());
  if (payload_ != nullptr) {
    ISOQUANT_RETURN_IF_ERROR(CheckField("blob payload checksum", BlobChecksum(payload_, layout.bytes),
                                        "stored checksum", payload_checksum_));
  }
  if (layout.bytes == 0) return Status();  // K or N may be any number then
  const size_t panel_bytes = PackedPanels::PanelBytes(k(), type()), group = PackedPanels::GroupOf(type());
  for (size_t p = 0; p < PackedPanels::NumPanels(n()); ++p) {
    const int8_t* panel = panels_.panels + p * panel_bytes;
    uint32_t sums[PackedPanels::kColumns] = {};
    for (size_t i = 0; i < panel_bytes; ++i) {
      const size_t column = i % 64 / 4, row = i / 64 * group + i % 4 / ElementBytes(type());
      const bool padding = row >= k() || p * PackedPanels::kColumns + column >= n();
      if (padding) ISOQUANT_RETURN_IF_ERROR(CheckField("padding", static_cast<uint8_t>(panel[i]), "zero", 0));
      sums[column] += static_cast<uint32_t>(int32_t{panel[i]});
    }
    if (!IsInteger(type())) continue;
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
