// Support: the header of a blob of packed weights. Its bytes: weights.h.
#ifndef ISOQUANT_SRC_BLOB_HEADER_H_
#define ISOQUANT_SRC_BLOB_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/element_type.h"
#include "isoquant/status.h"

namespace isoquant {

struct BlobHeader {
  static constexpr size_t kBytes = 64;

  uint64_t k = 0, n = 0;
  uint64_t total = 0;  // bytes of the whole blob
  uint64_t payload_checksum = 0;
  ElementType type = ElementType::kS8;

  // Reads kBytes bytes. kCorrupt if they are damaged or of a version that is not known; kWrongType if weights of the
  // type cannot be packed. It does not check whether the sizes fit each other and the blob.
  Status Read(const uint8_t* from);
  void Write(uint8_t* to) const;
};

// FNV-1a (Fowler, Noll, Vo) over little-endian 64-bit words; `bytes` is a multiple of 8. For a given word each step is
// a bijection of the state, so that a change within one word always changes the result.
uint64_t BlobChecksum(const uint8_t* data, size_t bytes);

// kCorrupt unless a value is what it must be.
inline Status CheckField(const char* name, uint64_t actual, const char* expected_name, uint64_t expected) {
  if (actual == expected) return Status();
  return Status(StatusCode::kCorrupt, name, actual, expected_name, expected);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_BLOB_HEADER_H_
