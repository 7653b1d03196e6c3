// Numbers of weight files, from and to bytes. (Apart from safetensors.cc, which is compiled without optimisation.)
#ifndef QUANTIZED_MLP_MODEL_FILES_TENSOR_VALUES_H_
#define QUANTIZED_MLP_MODEL_FILES_TENSOR_VALUES_H_

#include <string>

#include "model_files/safetensors.h"
#include "model_files/safetensors_header.h"

namespace quantized_mlp {

// Takes the entry's shape. `data` is where all tensors begin.
Tensor LoadTensor(TensorEntry& entry, const char* data);

void AppendTensor(const Tensor& tensor, std::string& data);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_TENSOR_VALUES_H_
