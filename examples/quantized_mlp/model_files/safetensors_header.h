// What the header of a safetensors file says, checked against the size of the file.
#ifndef QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_HEADER_H_
#define QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model_files/safetensors.h"

namespace quantized_mlp {

struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<size_t> shape;
  size_t begin = 0, end = 0;  // in the data, which they cover exactly once; end - begin fits shape and dtype
};

size_t BytesPerElement(Dtype dtype);
const char* DtypeName(Dtype dtype);

// `text` is a JSON object. White space may stand in front of it, and spaces behind it. `data_bytes` bytes of data
// follow. `metadata`, if not null, gets "__metadata__". Throws a std::runtime_error without the file's name.
std::vector<TensorEntry> ParseSafetensorsHeader(std::string_view text, size_t data_bytes, Metadata* metadata);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_SAFETENSORS_HEADER_H_
