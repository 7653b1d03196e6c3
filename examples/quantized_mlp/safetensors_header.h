// What the header of a safetensors file says, checked against the size of the file.
#ifndef QUANTIZED_MLP_SAFETENSORS_HEADER_H_
#define QUANTIZED_MLP_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "safetensors.h"

namespace quantized_mlp {

struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<size_t> shape;
  size_t begin = 0, end = 0;  // in the data, which they cover exactly once; end - begin fits shape and dtype
};

size_t BytesPerElement(Dtype dtype);
const char* DtypeName(Dtype dtype);

// [begin, end) is the JSON text, which `data_bytes` bytes follow. Throws std::runtime_error without the file's name.
std::vector<TensorEntry> ParseSafetensorsHeader(const char* begin, const char* end, size_t data_bytes);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SAFETENSORS_HEADER_H_
