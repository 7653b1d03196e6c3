// Writes the packed file.
#include "packed_file.h"

#include <cstring>

#include "little_endian.h"
#include "packed_layout.h"
#include "require.h"

namespace quantized_mlp {

std::string FormatPacked(const QuantizedMlp& model) {
  std::string table, floats, blobs;
  for (const PackedLayer& layer : model.layers) {
    AppendLittleEndian(layer.inputs, 8, table);
    AppendLittleEndian(layer.outputs, 8, table);
    AppendLittleEndian(layer.weights.SerializedBytes(), 8, table);
    AppendFloat(layer.input_scale, table);
    AppendLittleEndian(0, 4, table);
    for (const float scale : layer.scales) AppendFloat(scale, floats);
    for (const float bias : layer.bias) AppendFloat(bias, floats);
    const size_t begin = blobs.size();
    blobs.resize(begin + layer.weights.SerializedBytes());
    Require(layer.weights.Serialize({reinterpret_cast<uint8_t*>(&blobs[begin]), blobs.size() - begin}));
  }
  const size_t front_bytes = RoundUpTo64(kPackedHeaderBytes + table.size() + floats.size());
  std::string front(kPackedMagic, sizeof(kPackedMagic));
  AppendLittleEndian(kPackedVersion, 4, front);
  AppendLittleEndian(model.layers.size(), 4, front);
  AppendLittleEndian(front_bytes + blobs.size(), 8, front);
  AppendLittleEndian(0, 8, front);  // the CRC, and 4 zeros
  front += table + floats;
  front.resize(front_bytes, '\0');
  std::string crc;
  AppendLittleEndian(PackedCrc(front.data(), front.size()), 4, crc);
  return front.replace(kPackedCrcAt, crc.size(), crc) + blobs;
}

bool IsPacked(isoquant::VectorView<const uint8_t> bytes) {
  return bytes.size >= sizeof(kPackedMagic) && std::memcmp(bytes.data, kPackedMagic, sizeof(kPackedMagic)) == 0;
}

}  // namespace quantized_mlp
