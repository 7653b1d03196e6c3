#include "host/npy.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace onnx_host {
namespace {

struct TypeCode {
  const char* code;
  ONNXTensorElementDataType type;
};

constexpr TypeCode kCodes[] = {
    {"<f4", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},   {"<f8", ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
    {"<f2", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16}, {"|u1", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {"|i1", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},    {"|b1", ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
    {"<u2", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},  {"<i2", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
    {"<u4", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},  {"<i4", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {"<u8", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},  {"<i8", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64}};

constexpr char kMagic[] = "\x93NUMPY";

// The value behind 'key': in the header, which is a Python dictionary.
std::string Value(const std::string& header, const std::string& key) {
  const size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) throw std::runtime_error("its header has no " + key);
  const size_t begin = header.find_first_not_of(' ', at + key.size() + 3);
  if (begin == std::string::npos) throw std::runtime_error("its header is cut off");
  const char open = header[begin];
  const char* stop = open == '(' ? ")" : open == '\'' ? "'" : ",}";
  const size_t end = header.find_first_of(stop, begin + 1);
  if (end == std::string::npos) throw std::runtime_error("its header is cut off");
  return open == '(' || open == '\'' ? header.substr(begin + 1, end - begin - 1) : header.substr(begin, end - begin);
}

Tensor Parse(const std::string& file) {
  if (file.size() < 12 || file.compare(0, 6, kMagic) != 0) throw std::runtime_error("not a file of numpy");
  const bool is_short = file[6] == 1;  // the header's size has two bytes, else four
  const size_t size_bytes = is_short ? 2 : 4;
  size_t header_size = 0;
  for (size_t i = 0; i < size_bytes; ++i) header_size |= size_t{static_cast<uint8_t>(file[8 + i])} << (8 * i);
  const size_t begin = 8 + size_bytes;
  if (file.size() - begin < header_size) throw std::runtime_error("its header is cut off");
  const std::string header = file.substr(begin, header_size);
  if (Value(header, "fortran_order") != "False") throw std::runtime_error("it is in Fortran's order");

  const std::string code = Value(header, "descr");
  Tensor tensor;
  tensor.type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  for (const TypeCode& known : kCodes) {
    if (code == known.code) tensor.type = known.type;
  }
  if (ElementSize(tensor.type) == 0) throw std::runtime_error("its type " + code + " is not known");
  const std::string shape = Value(header, "shape");
  for (const char* at = shape.c_str(); *at;) {
    char* end = nullptr;
    const long long dimension = std::strtoll(at, &end, 10);
    if (end == at || dimension < 0) throw std::runtime_error("its shape is (" + shape + ")");
    tensor.shape.push_back(dimension);
    at = end + std::strspn(end, ", ");
  }
  const size_t data = begin + header_size;
  if ((file.size() - data) != tensor.size() * ElementSize(tensor.type)) {
    throw std::runtime_error("it has " + std::to_string(file.size() - data) + " bytes, but is " +
                             Describe(tensor.type, tensor.shape));
  }
  tensor.bytes.assign(file.begin() + static_cast<std::ptrdiff_t>(data), file.end());
  return tensor;
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": " + std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Tensor ReadNpy(const std::string& path) {
  const std::string file = ReadFile(path);
  try {
    return Parse(file);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

void WriteNpy(const std::string& path, const Tensor& tensor) {
  std::string shape, code;
  for (const int64_t dimension : tensor.shape) shape += std::to_string(dimension) + ", ";
  for (const TypeCode& known : kCodes) {
    if (tensor.type == known.type) code = known.code;
  }
  std::string header = "{'descr': '" + code + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');  // data begin at a multiple of 64
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file.write(kMagic, 6);
  const char version_and_size[] = {1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  file.write(version_and_size, 4);
  file << header;
  file.write(reinterpret_cast<const char*>(tensor.bytes.data()), static_cast<std::streamsize>(tensor.bytes.size()));
  if (!file.flush()) throw std::runtime_error(path + ": " + std::strerror(errno));
}

}  // namespace onnx_host
