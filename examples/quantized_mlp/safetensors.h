// The weight file: named float tensors in the safetensors format, as many frameworks read and write it.
//
// A file is an 8-byte little-endian length, a JSON header of that length, and the data:
//   {"layers.0.bias": {"dtype": "F32", "shape": [128], "data_offsets": [0, 512]}, ...}
// (https://github.com/huggingface/safetensors, section "Format".)
#ifndef QUANTIZED_MLP_SAFETENSORS_H_
#define QUANTIZED_MLP_SAFETENSORS_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace quantized_mlp {

struct Tensor {
  std::vector<size_t> shape;
  std::vector<float> values;  // row-major
};

using Tensors = std::map<std::string, Tensor>;

// Reads a file of F32 tensors. Throws std::runtime_error that names the file and what is wrong with it; whatever the
// file holds, nothing outside it is read.
Tensors ReadSafetensors(const std::string& path);

// The same tensors always give the same bytes. Throws std::runtime_error if the file cannot be written.
void WriteSafetensors(const std::string& path, const Tensors& tensors);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SAFETENSORS_H_
