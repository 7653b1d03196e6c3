// Constants of the packed file, which its writer and its reader share.
#ifndef QUANTIZED_MLP_MODEL_FILES_PACKED_LAYOUT_H_
#define QUANTIZED_MLP_MODEL_FILES_PACKED_LAYOUT_H_

#include <zlib.h>

#include <cstddef>
#include <cstdint>

namespace quantized_mlp {

constexpr char kPackedMagic[] = {'I', 'S', 'O', 'Q', 'M', 'L', 'P', '\0'};
constexpr uint32_t kPackedVersion = 1;
constexpr size_t kPackedHeaderBytes = 32, kPackedEntryBytes = 32;
constexpr size_t kPackedCrcAt = 24, kPackedWhiteAt = 28;
constexpr size_t kPackedLabelColumnAt = kPackedHeaderBytes + 28;  // in the first entry

inline size_t RoundUpTo64(size_t bytes) { return (bytes + 63) / 64 * 64; }

// The CRC of the bytes before the first blob, with 0 in its own place. `size` is more than kPackedCrcAt + 4.
inline uint32_t PackedCrc(const char* bytes, size_t size) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes);
  const unsigned char zeros[4] = {};
  const uLong crc = crc32(crc32(0, data, kPackedCrcAt), zeros, sizeof(zeros));
  return static_cast<uint32_t>(crc32_z(crc, data + kPackedCrcAt + 4, size - kPackedCrcAt - 4));
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_PACKED_LAYOUT_H_
