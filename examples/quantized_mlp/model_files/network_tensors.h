// Networks as the tensors of a file, in float and in int8.
#ifndef QUANTIZED_MLP_MODEL_FILES_NETWORK_TENSORS_H_
#define QUANTIZED_MLP_MODEL_FILES_NETWORK_TENSORS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "f32/mlp.h"
#include "model_files/safetensors.h"
#include "with_isoquant/int8_model.h"

namespace quantized_mlp {

// "layers.0.weight": the names that torch gives a module list `layers`.
std::string TensorName(size_t layer, const std::string& what);

// Tensors "layers.0.weight" [outputs, inputs], "layers.0.bias" [outputs], "layers.1.weight" and so on. FromTensors
// throws std::runtime_error that begins with `path` unless they, and no others, make a network of finite numbers.
Mlp FromTensors(const Tensors& tensors, const std::string& path);
Tensors ToTensors(const Mlp& mlp);

// The tensor of this name. Throws std::runtime_error unless it is there, of this type, of this shape (where an extent
// of 0 stands for any but 0) and, if F32, finite.
const Tensor& GetTensor(const Tensors& tensors, const std::string& path, const std::string& name, Dtype dtype,
                        const std::vector<size_t>& shape);

// Names and layout of compressed-tensors' format "int-quantized", W8A8:
// "layers.0.weight" I8 [outputs, inputs], "layers.0.weight_scale" F32 [outputs, 1], "layers.0.bias" F32 [outputs],
// and, if static, "layers.0.input_scale" F32 [1]. Int8FromTensors throws std::runtime_error that begins with `path`
// unless they, and no others, make a network with finite numbers and scales that are positive and normal.
Int8Model Int8FromTensors(const Tensors& tensors, const std::string& path);
Tensors ToTensors(const Int8Model& model);

// Whether they look like an int8 network rather than one in float.
bool IsInt8(const Tensors& tensors);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_NETWORK_TENSORS_H_
