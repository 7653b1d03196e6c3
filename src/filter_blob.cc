// Operation: packed filters as a blob: Serialize, View, Load. docs: filter.h.
#include <cstring>
#include <utility>

#include "src/blob_header.h"
#include "src/check.h"
#include "src/filter.h"
#include "src/little_endian.h"

namespace isoquant {
namespace {

constexpr char kMagic[9] = "ISOQCONV";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 192;
// Byte offsets.
constexpr size_t kVersionAt = 8, kHeaderBytesAt = 12, kGeometryAt = 16, kGroupChannelsAt = 104, kOutChannelsAt = 112,
                 kTotalAt = 120, kZerosAt = 128, kChecksumAt = 184;

// The numbers of a geometry, in the order of the header.
constexpr size_t Conv2dGeometry::*kNumbers[] = {
    &Conv2dGeometry::kernel_h,   &Conv2dGeometry::kernel_w,   &Conv2dGeometry::stride_h, &Conv2dGeometry::stride_w,
    &Conv2dGeometry::dilation_h, &Conv2dGeometry::dilation_w, &Conv2dGeometry::pad_top,  &Conv2dGeometry::pad_bottom,
    &Conv2dGeometry::pad_left,   &Conv2dGeometry::pad_right,  &Conv2dGeometry::groups,
};

Status ReadSize(const uint8_t* from, const char* name, size_t& size) {
  const uint64_t value = LoadLittleEndian<uint64_t>(from);
  if (value > SIZE_MAX) return Status(StatusCode::kCorrupt, name, value, "a size of this host at most", SIZE_MAX);
  size = static_cast<size_t>(value);
  return Status();
}

}  // namespace

size_t PackedFilter::SerializedBytes() const { return kHeaderBytes + weights_.SerializedBytes(); }

Status PackedFilter::Serialize(VectorView<uint8_t> blob) const {
  const size_t total = SerializedBytes();
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "SerializedBytes()", total);
  if (blob.size < total) return Status(StatusCode::kTooSmall, "blob.size", blob.size, "SerializedBytes()", total);
  ISOQUANT_RETURN_IF_ERROR(weights_.Serialize({blob.data + kHeaderBytes, blob.size - kHeaderBytes}));
  uint8_t* const to = blob.data;
  std::memset(to, 0, kHeaderBytes);
  std::memcpy(to, kMagic, 8);
  StoreLittleEndian(kVersion, to + kVersionAt);
  StoreLittleEndian(static_cast<uint32_t>(kHeaderBytes), to + kHeaderBytesAt);
  uint8_t* number = to + kGeometryAt;
  for (const auto member : kNumbers) {
    StoreLittleEndian(uint64_t{geometry_.*member}, number);
    number += 8;
  }
  StoreLittleEndian(uint64_t{group_channels_}, to + kGroupChannelsAt);
  StoreLittleEndian(uint64_t{out_channels_}, to + kOutChannelsAt);
  StoreLittleEndian(uint64_t{total}, to + kTotalAt);
  StoreLittleEndian(BlobChecksum(to, kChecksumAt), to + kChecksumAt);
  return Status();
}

Status PackedFilter::Open(VectorView<const uint8_t> blob, bool copies, PackedFilter& packed) {
  if (blob.data == nullptr) return Status(StatusCode::kNull, "blob.data", 0, "header size", kHeaderBytes);
  if (blob.size < kHeaderBytes)
    return Status(StatusCode::kTooSmall, "blob.size", blob.size, "header size", kHeaderBytes);
  const uint8_t* const from = blob.data;
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob magic", LoadLittleEndian<uint64_t>(from), "\"ISOQCONV\"",
                                      LoadLittleEndian<uint64_t>(reinterpret_cast<const uint8_t*>(kMagic))));
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob layout version", LoadLittleEndian<uint32_t>(from + kVersionAt), "the latest", kVersion));
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob header checksum", BlobChecksum(from, kChecksumAt), "stored checksum",
                                      LoadLittleEndian<uint64_t>(from + kChecksumAt)));
  ISOQUANT_RETURN_IF_ERROR(
      CheckField("blob header size", LoadLittleEndian<uint32_t>(from + kHeaderBytesAt), "size", kHeaderBytes));
  for (size_t at = kZerosAt; at < kChecksumAt; at += 8) {
    ISOQUANT_RETURN_IF_ERROR(CheckField("blob reserved field", LoadLittleEndian<uint64_t>(from + at), "zero", 0));
  }
  // The header is undamaged. But whoever wrote it may have written anything, so what it says is checked.
  PackedFilter result;
  const uint8_t* number = from + kGeometryAt;
  for (const auto member : kNumbers) {
    ISOQUANT_RETURN_IF_ERROR(ReadSize(number, "blob geometry", result.geometry_.*member));
    number += 8;
  }
  ISOQUANT_RETURN_IF_ERROR(ReadSize(from + kGroupChannelsAt, "blob group_channels", result.group_channels_));
  ISOQUANT_RETURN_IF_ERROR(ReadSize(from + kOutChannelsAt, "blob out_channels", result.out_channels_));
  const Conv2dGeometry& g = result.geometry_;
  ISOQUANT_RETURN_IF_ERROR(CheckGeometry(g, result.group_channels_));
  if (result.out_channels_ % g.groups != 0) {
    return Status(StatusCode::kCorrupt, "blob out_channels", result.out_channels_, "a multiple of groups", g.groups);
  }

  const VectorView<const uint8_t> rest(from + kHeaderBytes, blob.size - kHeaderBytes);
  ISOQUANT_RETURN_IF_ERROR(copies ? PackedWeights::Load(rest, result.weights_)
                                  : PackedWeights::View(rest, result.weights_));
  const PackedWeights& weights = result.weights_;
  if (!IsInteger(weights.type())) {
    return Status(StatusCode::kWrongType, "blob format", static_cast<uint64_t>(weights.type()), "s8 or u8", 0);
  }
  const size_t k = g.kernel_h * g.kernel_w * result.group_channels_;
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob K", weights.k(), "that of the geometry", k));
  // (Divisions, because the product may wrap.)
  const size_t columns = GroupColumns(g.groups, result.group_channels_, result.out_channels_);
  const bool fits = columns == 0 ? weights.n() == 0 : weights.n() % columns == 0 && weights.n() / columns == g.groups;
  if (!fits) return Status(StatusCode::kCorrupt, "blob N", weights.n(), "groups of columns of", columns);
  ISOQUANT_RETURN_IF_ERROR(CheckField("blob total size", LoadLittleEndian<uint64_t>(from + kTotalAt),
                                      "size of header and weights", result.SerializedBytes()));
  if (copies) ISOQUANT_RETURN_IF_ERROR(result.SumTaps());
  packed = std::move(result);
  return Status();
}

Status PackedFilter::View(VectorView<const uint8_t> blob, PackedFilter& packed) { return Open(blob, false, packed); }
Status PackedFilter::Load(VectorView<const uint8_t> blob, PackedFilter& packed) { return Open(blob, true, packed); }

}  // namespace isoquant
