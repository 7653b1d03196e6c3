// Test support: tensors of ONNX's node tests, read from their protocol buffers.
#ifndef ISOQUANT_TEST_ONNX_TENSOR_H_
#define ISOQUANT_TEST_ONNX_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace isoquant {

// A message TensorProto (onnx.proto) with its elements as they lie in memory. Other messages are not known here.
struct OnnxTensor {
  enum Type { kNone = 0, kFloat = 1, kU8 = 2, kS8 = 3, kS32 = 6 };

  bool ok = false;  // a tensor was read
  std::vector<size_t> dims;
  int type = kNone;
  std::string data;

  size_t size() const {
    size_t product = 1;
    for (const size_t dim : dims) product *= dim;
    return product;
  }
  // The elements; empty if they are of another type or number.
  template <class T>
  std::vector<T> As(Type expected) const {
    if (type != expected || data.size() != size() * sizeof(T)) return {};
    std::vector<T> elements(size());
    if (!elements.empty()) std::memcpy(elements.data(), data.data(), data.size());
    return elements;
  }
};

// Reads wire format: a key, which is the field's number and how it is stored, and its value.
class ProtobufReader {
 public:
  explicit ProtobufReader(const std::string& bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return !ok_ || at_ == bytes_.size(); }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) break;
      const uint8_t byte = static_cast<uint8_t>(bytes_[at_++]);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string Bytes(uint64_t size) {
    if (size > bytes_.size() - at_) {
      ok_ = false;
      return std::string();
    }
    const std::string part = bytes_.substr(at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return part;
  }
  void Fail() { ok_ = false; }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

inline OnnxTensor ParseOnnxTensor(const std::string& bytes) {
  constexpr uint64_t kVarint = 0, kEightBytes = 1, kLengthDelimited = 2, kFourBytes = 5;
  constexpr uint64_t kDims = 1, kDataType = 2, kRawData = 9;
  OnnxTensor tensor;
  ProtobufReader reader(bytes);
  while (!reader.AtEnd()) {
    const uint64_t key = reader.Varint(), field = key >> 3, wire = key & 7;
    if (wire == kVarint) {
      const uint64_t value = reader.Varint();
      if (field == kDims) tensor.dims.push_back(static_cast<size_t>(value));
      if (field == kDataType) tensor.type = static_cast<int>(value);
    } else if (wire == kLengthDelimited) {
      const std::string value = reader.Bytes(reader.Varint());
      if (field == kRawData) tensor.data = value;
      if (field == kDims) {  // packed
        ProtobufReader dims(value);
        while (!dims.AtEnd()) tensor.dims.push_back(static_cast<size_t>(dims.Varint()));
        if (!dims.ok()) reader.Fail();
      }
    } else if (wire == kFourBytes || wire == kEightBytes) {
      reader.Bytes(wire == kFourBytes ? 4 : 8);
    } else {
      reader.Fail();
    }
  }
  tensor.ok = reader.ok();
  return tensor;
}

inline OnnxTensor ReadOnnxTensor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return OnnxTensor();
  return ParseOnnxTensor(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_ONNX_TENSOR_H_
