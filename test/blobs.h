// Test support: blobs of packed weights: their header, and checksums that fit whatever was changed.
#ifndef ISOQUANT_TEST_BLOBS_H_
#define ISOQUANT_TEST_BLOBS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {

// FNV-1a over little-endian 64-bit words.
inline uint64_t WordChecksum(const uint8_t* data, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes; i += 8) {
    uint64_t word = 0;
    for (size_t b = 8; b-- != 0;) word = word << 8 | data[i + b];
    hash = (hash ^ word) * 0x100000001b3u;
  }
  return hash;
}

// A blob, or a part of one, in memory that ends at a page that cannot be touched. Sizes are multiples of 64, so that it
// also begins at one.
class Blob final : public Guarded<uint8_t> {
 public:
  explicit Blob(size_t size) : Guarded(size) {}
  explicit Blob(const std::vector<uint8_t>& bytes) : Blob(bytes.size()) { Restore(bytes); }
  void Restore(const std::vector<uint8_t>& bytes) const { std::copy(bytes.begin(), bytes.end(), begin()); }
};

inline void PutU32(uint8_t* to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}
inline void PutU64(uint8_t* to, uint64_t value) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}
inline uint64_t GetU64(const uint8_t* from) {
  uint64_t value = 0;
  for (size_t b = 8; b-- != 0;) value = value << 8 | from[b];
  return value;
}

constexpr size_t kHeader = 64;

// Byte offsets.
constexpr size_t kVersionAt = 8, kHeaderSizeAt = 12, kKAt = 16, kNAt = 24, kTotalAt = 32, kPayloadChecksumAt = 40,
                 kFormatAt = 48, kReservedAt = 52, kHeaderChecksumAt = 56;

inline void SealHeader(uint8_t* blob) { PutU64(blob + kHeaderChecksumAt, WordChecksum(blob, kHeaderChecksumAt)); }
inline void SealPayload(uint8_t* blob, size_t size) {
  PutU64(blob + kPayloadChecksumAt, WordChecksum(blob + kHeader, size - kHeader));
  SealHeader(blob);
}

inline VectorView<const uint8_t> All(const Blob& blob) { return {blob.data(), blob.size()}; }

inline PackedWeights LoadOf(VectorView<const uint8_t> blob) {
  PackedWeights loaded;
  ISOQUANT_CHECK_OK(PackedWeights::Load(blob, loaded));
  return loaded;
}

inline PackedWeights ViewOf(VectorView<const uint8_t> blob) {
  PackedWeights view;
  ISOQUANT_CHECK_OK(PackedWeights::View(blob, view));
  return view;
}

inline std::vector<uint8_t> Serialized(const PackedWeights& packed) {
  std::vector<uint8_t> bytes(packed.SerializedBytes());
  ISOQUANT_CHECK_OK(packed.Serialize({bytes.data(), bytes.size()}));
  return bytes;
}

// The same weights of s8 as version 1 wrote them.
inline std::vector<uint8_t> AsVersion1(std::vector<uint8_t> blob) {
  PutU32(blob.data() + kVersionAt, 1);
  PutU32(blob.data() + kFormatAt, 0);
  SealHeader(blob.data());
  return blob;
}

// Weights that a refused call must leave as they are.
class Untouched {
 public:
  Untouched() : values_(9 * 18) {
    Context context;
    Random random(7);
    FillIntegers(random, values_.data(), values_.size());
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values_.data(), 9, 18}}, weights));
    before_ = weights.panels();
    bytes_ = Serialized(weights);
  }
  bool IsUntouched() const {
    const PackedPanels& now = weights.panels();
    return now.panels == before_.panels && now.column_sums == before_.column_sums && now.k == before_.k &&
           now.n == before_.n && now.type == before_.type && weights.Verify().ok() && Serialized(weights) == bytes_;
  }

  PackedWeights weights;

 private:
  std::vector<int8_t> values_;
  PackedPanels before_;
  std::vector<uint8_t> bytes_;
};

// With what View and Load refuse the blob; also checks that they left their target alone.
inline Status RefusalOf(VectorView<const uint8_t> blob, Untouched& target) {
  const Status status = PackedWeights::View(blob, target.weights);
  CHECK_MESSAGE(target.IsUntouched(), status.ToString());
  const Status loaded = PackedWeights::Load(blob, target.weights);
  CHECK_MESSAGE(target.IsUntouched(), loaded.ToString());
  CHECK(loaded.ToString() == status.ToString());
  return status;
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_BLOBS_H_
