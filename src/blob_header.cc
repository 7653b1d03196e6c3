// Support: reads and writes the header of a blob.
#include "src/blob_header.h"

#include <cstring>

#include "src/check.h"
#include "src/little_endian.h"
#include "src/pack.h"

namespace isoquant {
namespace {

constexpr char kMagic[9] = "ISOQUANT";
constexpr uint32_t kVersion = 2;
// Byte offsets.
constexpr size_t kVersionAt = 8, kHeaderBytesAt = 12, kKAt = 16, kNAt = 24, kTotalAt = 32, kPayloadChecksumAt = 40,
                 kFormatAt = 48, kReservedAt = 52, kChecksumAt = 56;

uint32_t U32(const uint8_t* from) { return LoadLittleEndian<uint32_t>(from); }
uint64_t U64(const uint8_t* from) { return LoadLittleEndian<uint64_t>(from); }

}  // namespace

uint64_t BlobChecksum(const uint8_t* data, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes; i += 8) hash = (hash ^ U64(data + i)) * 0x100000001b3u;
  return hash;
}

Status BlobHeader::Read(const uint8_t* from) {
  const uint64_t magic = U64(reinterpret_cast<const uint8_t*>(kMagic));
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob magic", U64(from), "\"ISOQUANT\"", magic));
  const uint32_t version = U32(from + kVersionAt);
  if (version != 1) ISOQUANT_RETURN_IF_ERROR(CheckField("blob layout version", version, "1 or the latest", kVersion));
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob header checksum", BlobChecksum(from, kChecksumAt), "stored checksum", U64(from + kChecksumAt)));
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob header size", U32(from + kHeaderBytesAt), "size", kBytes));
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob reserved field", U32(from + kReservedAt), "zero", 0));
  const uint32_t format = U32(from + kFormatAt);
  if (version == 1) {  // before there were formats
    ISOQUANT_RETURN_IF_ERROR(CheckField("blob reserved field", format, "zero", 0));
    type = ElementType::kS8;
  } else {
    type = static_cast<ElementType>(format);
    const bool is_known = format <= UINT8_MAX && ForWeightType(type, [](auto) {});
    if (!is_known) return Status(StatusCode::kWrongType, "blob format", format, kWeightTypes, 0);
  }
  k = U64(from + kKAt);
  n = U64(from + kNAt);
  total = U64(from + kTotalAt);
  payload_checksum = U64(from + kPayloadChecksumAt);
  return Status();
}

void BlobHeader::Write(uint8_t* to) const {
  std::memcpy(to, kMagic, 8);
  StoreLittleEndian(kVersion, to + kVersionAt);
  StoreLittleEndian(static_cast<uint32_t>(kBytes), to + kHeaderBytesAt);
  StoreLittleEndian(k, to + kKAt);
  StoreLittleEndian(n, to + kNAt);
  StoreLittleEndian(total, to + kTotalAt);
  StoreLittleEndian(payload_checksum, to + kPayloadChecksumAt);
  StoreLittleEndian(static_cast<uint32_t>(type), to + kFormatAt);
  StoreLittleEndian(uint32_t{0}, to + kReservedAt);
  StoreLittleEndian(BlobChecksum(to, kChecksumAt), to + kChecksumAt);
}

}  // namespace isoquant
