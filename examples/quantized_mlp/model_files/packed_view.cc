// Reads the packed file.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "model_files/packed_file.h"
#include "model_files/packed_layout.h"
#include "support/little_endian.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxLayers = 1024;
constexpr size_t kMaxExtent = size_t{1} << 28;  // of inputs and outputs: no product below can wrap

// Takes a packed file apart; each part is checked before the next relies on it.
class Reader {
 public:
  Reader(isoquant::VectorView<const uint8_t> bytes, const std::string& path)
      : bytes_(bytes), data_(reinterpret_cast<const char*>(bytes.data)), path_(path) {}

  std::vector<PackedLayer> Read() {
    if (bytes_.size < kPackedHeaderBytes || std::memcmp(data_, kPackedMagic, sizeof(kPackedMagic)) != 0) {
      Fail("no packed network");
    }
    if (Load(8, 4) != kPackedVersion)
      Fail("packed in version " + std::to_string(Load(8, 4)) + ", this program reads 1");
    if (Load(16, 8) != bytes_.size) Fail("cut or damaged: its size is not what the header says");
    const size_t num_layers = static_cast<size_t>(Load(12, 4));
    if (num_layers == 0 || num_layers > kMaxLayers) Fail("damaged: the number of layers");
    const size_t floats = kPackedHeaderBytes + num_layers * kPackedEntryBytes;
    if (floats > bytes_.size) Fail("damaged: layers outside the file");
    size_t num_floats = 0;
    for (size_t i = 0; i < num_layers; ++i) num_floats += 2 * Extent(kPackedHeaderBytes + i * kPackedEntryBytes + 8, 8);
    const size_t blobs = RoundUpTo64(floats + num_floats * sizeof(float));
    if (blobs > bytes_.size) Fail("damaged: scales outside the file");
    if (Load(kPackedCrcAt, 4) != PackedCrc(data_, blobs)) Fail("damaged: the checksum of its header is wrong");
    const float white = PackedTableFormat(bytes_).max_pixel;
    if (white != 0 && !IsUsableWhite(white)) Fail("damaged: max_pixel");
    floats_ = floats;
    blob_ = blobs;
    std::vector<PackedLayer> layers;
    for (size_t i = 0; i < num_layers; ++i) layers.push_back(ReadLayer(i, layers));
    if (blob_ != bytes_.size) Fail("damaged: bytes behind the last layer");
    return layers;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { throw std::runtime_error(path_ + ": " + what); }

  uint64_t Load(size_t at, size_t bytes) const { return LoadLittleEndian(data_ + at, bytes); }

  size_t Extent(size_t at, size_t bytes) const {
    const uint64_t extent = Load(at, bytes);
    if (extent == 0 || extent > kMaxExtent) Fail("damaged: the size of a layer");
    return static_cast<size_t>(extent);
  }

  std::vector<float> ReadFloats(size_t count) {
    std::vector<float> values(count);
    for (float& value : values) {
      value = LoadFloat(data_ + floats_);
      if (!std::isfinite(value)) Fail("holds NaN or infinite values");
      floats_ += sizeof(float);
    }
    return values;
  }

  PackedLayer ReadLayer(size_t i, const std::vector<PackedLayer>& before) {
    const size_t entry = kPackedHeaderBytes + i * kPackedEntryBytes;
    PackedLayer layer;
    layer.inputs = Extent(entry, 4);
    const int32_t zero_point = static_cast<int32_t>(static_cast<uint32_t>(Load(entry + 4, 4)));
    layer.outputs = Extent(entry + 8, 8);
    layer.input_scale = LoadFloat(data_ + entry + 24);
    layer.scales = ReadFloats(layer.outputs);
    layer.bias = ReadFloats(layer.outputs);
    const bool scales_fit = std::all_of(layer.scales.begin(), layer.scales.end(), IsUsableScale);
    if (!scales_fit || (layer.input_scale != 0 && !IsUsableScale(layer.input_scale))) {
      Fail("holds a scale that is not positive and normal");
    }
    if (zero_point < -128 || zero_point > 127) Fail("damaged: a zero point");
    layer.input_zero_point = static_cast<int8_t>(zero_point);
    const uint64_t blob_bytes = Load(entry + 16, 8);
    if (blob_bytes > bytes_.size - blob_) Fail("damaged: weights outside the file");
    const isoquant::VectorView<const uint8_t> blob(bytes_.data + blob_, static_cast<size_t>(blob_bytes));
    isoquant::Status status = isoquant::PackedWeights::View(blob, layer.weights);
    if (status.ok()) status = layer.weights.Verify();
    if (!status.ok()) Fail("layer " + std::to_string(i) + " is damaged: " + status.ToString());
    if (layer.weights.k() != layer.inputs || layer.weights.n() != layer.outputs ||
        layer.weights.SerializedBytes() != blob.size || (i != 0 && before.back().outputs != layer.inputs)) {
      Fail("damaged: layer " + std::to_string(i) + " does not fit");
    }
    blob_ += blob.size;
    return layer;
  }

  const isoquant::VectorView<const uint8_t> bytes_;
  const char* const data_;
  const std::string& path_;
  size_t floats_ = 0, blob_ = 0;  // where the next layer's begin
};

}  // namespace

std::vector<PackedLayer> ViewPacked(isoquant::VectorView<const uint8_t> bytes, const std::string& path) {
  return Reader(bytes, path).Read();
}

}  // namespace quantized_mlp
