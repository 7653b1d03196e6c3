#include "host/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace onnx_host {
namespace {

struct TypeInfo {
  ONNXTensorElementDataType type;
  const char* name;
  size_t size;
};

constexpr TypeInfo kTypes[] = {
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, "float32", 4},    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, "uint8", 1},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, "int8", 1},        {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, "uint16", 2},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, "int16", 2},      {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, "int32", 4},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, "int64", 8},      {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, "bool", 1},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, "float16", 2},  {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, "float64", 8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, "uint32", 4},    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, "uint64", 8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, "bfloat16", 2}};

const TypeInfo* FindType(ONNXTensorElementDataType type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

void AddToDigest(const Tensor& tensor, uint64_t& hash) {
  for (const uint8_t byte : tensor.bytes) hash = (hash ^ byte) * 0x100000001b3u;
}

std::string FormatDigest(uint64_t hash) {
  std::string text(16, '0');
  for (size_t i = 0; i < 16; ++i) text[15 - i] = "0123456789abcdef"[(hash >> (4 * i)) & 15];
  return text;
}

template <class T>
double LargestOf(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a.as<T>()[i]), y = static_cast<double>(b.as<T>()[i]);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double difference = std::fabs(x - y);
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
    if (difference > largest) largest = difference;
  }
  return largest;
}

}  // namespace

size_t Tensor::size() const {
  size_t product = 1;
  for (const int64_t dimension : shape) product *= static_cast<size_t>(dimension);
  return product;
}

Tensor MakeTensor(ONNXTensorElementDataType type, const std::vector<int64_t>& shape) {
  Tensor tensor;
  tensor.type = type;
  tensor.shape = shape;
  tensor.bytes.resize(tensor.size() * ElementSize(type));
  return tensor;
}

size_t ElementSize(ONNXTensorElementDataType type) {
  const TypeInfo* info = FindType(type);
  return info ? info->size : 0;
}

std::string TypeName(ONNXTensorElementDataType type) {
  const TypeInfo* info = FindType(type);
  return info ? info->name : "type " + std::to_string(type);
}

std::string Describe(ONNXTensorElementDataType type, const std::vector<int64_t>& shape) {
  std::string text = TypeName(type);
  for (size_t i = 0; i < shape.size(); ++i) {
    text += i == 0 ? " " : " x ";
    text += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return text;
}

std::string Digest(const Tensor& tensor) {
  uint64_t hash = 0xcbf29ce484222325u;
  AddToDigest(tensor, hash);
  return FormatDigest(hash);
}

std::string Digest(const std::vector<Tensor>& tensors) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const Tensor& tensor : tensors) AddToDigest(tensor, hash);
  return FormatDigest(hash);
}

void FillRandomly(Tensor& tensor, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  const auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 40);  // 24 bits
  };
  const size_t width = ElementSize(tensor.type);
  for (size_t i = 0; i < tensor.size(); ++i) {
    const uint32_t bits = next();
    const float f32 = static_cast<float>(bits) / 8388608 - 1;
    const double f64 = f32;
    const uint64_t integer = tensor.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL ? bits & 1
                             : width == 1                                      ? bits
                                                                               : bits & 15;
    const void* value = &integer;
    if (tensor.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) value = &f32;
    if (tensor.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE) value = &f64;
    std::memcpy(tensor.bytes.data() + i * width, value, width);
  }
}

double LargestDifference(const Tensor& a, const Tensor& b) {
  if (a.type != b.type || a.shape != b.shape) return std::numeric_limits<double>::infinity();
  if (a.bytes == b.bytes) return 0;
  switch (a.type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return LargestOf<float>(a, b);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return LargestOf<double>(a, b);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return LargestOf<uint8_t>(a, b);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return LargestOf<int8_t>(a, b);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return LargestOf<int32_t>(a, b);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return LargestOf<int64_t>(a, b);
    default:
      return std::numeric_limits<double>::infinity();
  }
}

}  // namespace onnx_host
