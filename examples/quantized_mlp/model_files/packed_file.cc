// Writes the packed file.
#include "model_files/packed_file.h"

#include <cstring>

#include "model_files/packed_layout.h"
#include "support/little_endian.h"
#include "support/require.h"

namespace quantized_mlp {

std::string FormatPacked(const QuantizedMlp& model, const TableFormat& format) {
  std::string table, floats, blobs;
  for (const PackedLayer& layer : model.layers) {
    AppendLittleEndian(layer.inputs, 4, table);
    AppendLittleEndian(static_cast<uint32_t>(int32_t{layer.input_zero_point}), 4, table);
    AppendLittleEndian(layer.outputs, 8, table);
    AppendLittleEndian(layer.weights.SerializedBytes(), 8, table);
    AppendFloat(layer.input_scale, table);
    AppendLittleEndian(table.size() < kPackedEntryBytes ? format.label_column : 0, 4, table);
    for (const float scale : layer.scales) AppendFloat(scale, floats);
    for (size_t i = 0; i < layer.outputs; ++i) AppendFloat(layer.bias.empty() ? -0.0f : layer.bias[i], floats);
    const size_t begin = blobs.size();
    blobs.resize(begin + layer.weights.SerializedBytes());
    Require(layer.weights.Serialize({reinterpret_cast<uint8_t*>(&blobs[begin]), blobs.size() - begin}));
  }
  const size_t front_bytes = RoundUpTo64(kPackedHeaderBytes + table.size() + floats.size());
  std::string front(kPackedMagic, sizeof(kPackedMagic));
  AppendLittleEndian(kPackedVersion, 4, front);
  AppendLittleEndian(model.layers.size(), 4, front);
  AppendLittleEndian(front_bytes + blobs.size(), 8, front);
  AppendLittleEndian(0, 4, front);  // the CRC
  AppendFloat(format.max_pixel, front);
  front += table + floats;
  front.resize(front_bytes, '\0');
  std::string crc;
  AppendLittleEndian(PackedCrc(front.data(), front.size()), 4, crc);
  return front.replace(kPackedCrcAt, crc.size(), crc) + blobs;
}

bool IsPacked(isoquant::VectorView<const uint8_t> bytes) {
  return bytes.size >= sizeof(kPackedMagic) && std::memcmp(bytes.data, kPackedMagic, sizeof(kPackedMagic)) == 0;
}

TableFormat PackedTableFormat(isoquant::VectorView<const uint8_t> bytes) {
  const char* const data = reinterpret_cast<const char*>(bytes.data);
  return {LoadFloat(data + kPackedWhiteAt), static_cast<size_t>(LoadLittleEndian(data + kPackedLabelColumnAt, 4))};
}

}  // namespace quantized_mlp
