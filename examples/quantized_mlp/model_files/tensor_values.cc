// Turns numbers of weight files from and to bytes.
#include "model_files/tensor_values.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "support/little_endian.h"

namespace quantized_mlp {
namespace {

float LoadValue(Dtype dtype, const char* from) {
  if (dtype == Dtype::kF16) return LoadF16(from);
  return dtype == Dtype::kBF16 ? LoadBF16(from) : LoadFloat(from);
}

}  // namespace

Tensor LoadTensor(TensorEntry& entry, const char* data) {
  Tensor tensor{std::move(entry.shape), {}, entry.dtype == Dtype::kI8 ? Dtype::kI8 : Dtype::kF32};
  const char* const end = data + entry.end;
  if (entry.dtype == Dtype::kI8) {
    for (const char* from = data + entry.begin; from != end; ++from) {
      tensor.integers.push_back(static_cast<int8_t>(*from));
    }
  } else {
    const size_t bytes = BytesPerElement(entry.dtype);
    tensor.values.reserve((entry.end - entry.begin) / bytes);
    for (const char* from = data + entry.begin; from != end; from += bytes) {
      tensor.values.push_back(LoadValue(entry.dtype, from));
    }
  }
  return tensor;
}

void AppendTensor(const Tensor& tensor, std::string& data) {
  for (const float value : tensor.values) AppendFloat(value, data);
  for (const int8_t value : tensor.integers) data.push_back(static_cast<char>(value));
}

}  // namespace quantized_mlp
