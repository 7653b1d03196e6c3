// The weight file: named tensors in the safetensors format, as many frameworks read and write it.
//
// A file is an 8-byte little-endian length, a JSON header of that length, and the data:
//   {"__metadata__": {"format": "pt"}, "layers.0.bias": {"dtype": "F32", "shape": [128], "data_offsets": [0, 512]},
//   ...}
// (https://github.com/huggingface/safetensors, section "Format".)
#ifndef QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_H_
#define QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quantized_mlp {

// Tensors of F16 and BF16 become F32 when they are read: the values are the same.
enum class Dtype { kF32, kI8, kF16, kBF16 };

struct Tensor {
  std::vector<size_t> shape;
  std::vector<float> values;  // row-major; empty if dtype is kI8
  Dtype dtype = Dtype::kF32;
  std::vector<int8_t> integers = {};  // row-major; empty if dtype is kF32
};

using Tensors = std::map<std::string, Tensor>;
using Metadata = std::map<std::string, std::string>;

// Any bytes end in tensors, or in a std::runtime_error that names the file and what is wrong with it. Header, JSON,
// dtypes (F32, F16, BF16 or I8), shapes, offsets, overlaps and gaps are checked before they are used; values are not.
// `metadata`, if not null, gets "__metadata__".
Tensors ParseSafetensors(std::string_view bytes, const std::string& path, Metadata* metadata = nullptr);
Tensors ReadSafetensors(const std::string& path, Metadata* metadata = nullptr);

// The same tensors always give the same bytes. `metadata` becomes "__metadata__", if there is any.
std::string FormatSafetensors(const Tensors& tensors, const Metadata& metadata = {});

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_H_
