// The names of layers among those of tensors.
#ifndef QUANTIZED_MLP_MODEL_FILES_LAYER_NAMES_H_
#define QUANTIZED_MLP_MODEL_FILES_LAYER_NAMES_H_

#include <string>
#include <vector>

#include "model_files/safetensors.h"

namespace quantized_mlp {

// The layer whose weights have this name: "fc1" for "fc1.weight"; "" if the name is not that of weights.
std::string LayerOf(const std::string& name);

// The names of the layers in the order of their numbers, which need not follow each other: in torch's Sequential an
// activation has a number, too. "layers.0" alone, if there is no layer. What stands before the numbers must be the same
// for all; else it throws a std::runtime_error that begins with `path`.
std::vector<std::string> LayerNames(const Tensors& tensors, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_LAYER_NAMES_H_
