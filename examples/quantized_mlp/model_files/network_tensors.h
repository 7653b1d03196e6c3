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

// "layers.0.weight": the names that torch gives a module list `layers`. Those that this program writes.
std::string TensorName(size_t layer, const std::string& what);

// Tensors "layers.0.weight" [outputs, inputs], "layers.0.bias" [outputs], or none, "layers.1.weight" and so on. What
// stands before the numbers may be anything that is the same for all layers, as in "0.weight" of torch's Sequential or
// "fc1.weight", and numbers may be left out. FromTensors throws a std::runtime_error that begins with `path` if a
// tensor is missing, left over, or not finite.
Mlp FromTensors(const Tensors& tensors, const std::string& path);
Tensors ToTensors(const Mlp& mlp);

// Returns the tensor of this name. Throws a std::runtime_error unless it is there, has this type and shape and, if F32,
// is finite. In `shape` an extent of 0 stands for any but 0.
const Tensor& GetTensor(const Tensors& tensors, const std::string& path, const std::string& name, Dtype dtype,
                        const std::vector<size_t>& shape);

// Names and layout of compressed-tensors' format "int-quantized", W8A8: "layers.0.weight" I8 [outputs, inputs],
// "layers.0.weight_scale" F32 [outputs, 1], "layers.0.bias" F32 [outputs], or none, and, if static,
// "layers.0.input_scale" F32 [1] and, if not 0, "layers.0.input_zero_point" I8 [1]. Names as above. Int8FromTensors
// throws a std::runtime_error that begins with `path` if a tensor is missing, left over, or not
// finite, or if a scale is not usable.
Int8Model Int8FromTensors(const Tensors& tensors, const std::string& path);
Tensors ToTensors(const Int8Model& model);

// Whether there are weights in int8.
bool IsInt8(const Tensors& tensors);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_NETWORK_TENSORS_H_
