// The network in float, as it is trained.
#ifndef QUANTIZED_MLP_MLP_H_
#define QUANTIZED_MLP_MLP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/executor.h"
#include "isoquant/matrix_view.h"
#include "safetensors.h"

namespace quantized_mlp {

struct DenseLayer {
  size_t inputs = 0, outputs = 0;
  std::vector<float> weight;  // outputs x inputs, as frameworks store it
  std::vector<float> bias;    // outputs

  isoquant::MatrixView<const float> matrix() const { return {weight.data(), outputs, inputs}; }
};

// y = W x + b in each layer, and ReLU between layers.
struct Mlp {
  std::vector<DenseLayer> layers;

  size_t inputs() const { return layers.front().inputs; }
  size_t outputs() const { return layers.back().outputs; }
};

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

// One layer for some images, in plain float: y = W x + b, then ReLU if asked for.
void RunLayer(isoquant::Executor& executor, const DenseLayer& layer, isoquant::MatrixView<const float> x, bool relu,
              isoquant::MatrixView<float> y);

// The logits of all images, one row each, in plain float.
std::vector<float> RunMlp(isoquant::Executor& executor, const Mlp& mlp, isoquant::MatrixView<const float> images);

// "784-256-128-10"
template <class Model>
std::string Describe(const Model& model) {
  std::string text = std::to_string(model.layers.front().inputs);
  for (const auto& layer : model.layers) text += "-" + std::to_string(layer.outputs);
  return text;
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MLP_H_
