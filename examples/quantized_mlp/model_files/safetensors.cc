// Reads and writes weight files; trusts none of them.
#include "model_files/safetensors.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "model_files/safetensors_header.h"
#include "model_files/tensor_values.h"
#include "support/file.h"
#include "support/little_endian.h"

namespace quantized_mlp {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

}  // namespace

Tensors ParseSafetensors(std::string_view bytes, const std::string& path, Metadata* metadata) {
  try {
    if (bytes.size() < kLengthBytes) throw std::runtime_error("too short for a safetensors file");
    const uint64_t length = LoadLittleEndian(bytes.data(), kLengthBytes);
    if (length > kMaxHeaderBytes || length > bytes.size() - kLengthBytes) {
      throw std::runtime_error("no safetensors file, or cut: the header would end outside it");
    }
    const size_t header_bytes = static_cast<size_t>(length);
    const char* const header = bytes.data() + kLengthBytes;
    const char* const data = header + header_bytes;
    const size_t data_bytes = bytes.size() - kLengthBytes - header_bytes;
    Tensors tensors;
    for (TensorEntry& entry : ParseSafetensorsHeader({header, header_bytes}, data_bytes, metadata)) {
      tensors[entry.name] = LoadTensor(entry, data);
    }
    return tensors;
  } catch (const std::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

Tensors ReadSafetensors(const std::string& path, Metadata* metadata) {
  return ParseSafetensors(ReadFile(path), path, metadata);
}

std::string FormatSafetensors(const Tensors& tensors, const Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  // Larger elements come first, so that each tensor is aligned to its elements.
  for (const Dtype dtype : {Dtype::kF32, Dtype::kI8}) {
    for (const auto& [name, tensor] : tensors) {
      if (tensor.dtype != dtype) continue;
      const size_t begin = data.size();
      AppendTensor(tensor, data);
      header[name] = {{"dtype", DtypeName(dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
    }
  }
  std::string text = header.dump();
  while (text.size() % 8 != 0) text.push_back(' ');  // data that can be used in place starts at a multiple of 8
  std::string bytes;
  AppendLittleEndian(text.size(), kLengthBytes, bytes);
  return bytes + text + data;
}

}  // namespace quantized_mlp
