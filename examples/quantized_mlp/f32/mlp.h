// The network in float, as it is trained.
#ifndef QUANTIZED_MLP_F32_MLP_H_
#define QUANTIZED_MLP_F32_MLP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/executor.h"
#include "isoquant/matrix_view.h"

namespace quantized_mlp {

struct DenseLayer {
  size_t inputs = 0, outputs = 0;
  std::vector<float> weight;  // outputs x inputs, as frameworks store it
  std::vector<float> bias;    // outputs, or empty

  isoquant::MatrixView<const float> matrix() const { return {weight.data(), outputs, inputs}; }
};

// y = W x + b in each layer, and ReLU between layers.
struct Mlp {
  std::vector<DenseLayer> layers;

  size_t inputs() const { return layers.front().inputs; }
  size_t outputs() const { return layers.back().outputs; }
};

// One layer for some images, in plain float: y = W x + b, then ReLU if asked for.
void RunLayer(isoquant::Executor& executor, const DenseLayer& layer, isoquant::MatrixView<const float> x, bool relu,
              isoquant::MatrixView<float> y);

// Returns the logits of all images, one row each, in plain float.
std::vector<float> RunMlp(isoquant::Executor& executor, const Mlp& mlp, isoquant::MatrixView<const float> images);

// The sizes from inputs to classes, as in "784-256-128-10".
template <class Model>
std::string Describe(const Model& model) {
  std::string text = std::to_string(model.layers.front().inputs);
  for (const auto& layer : model.layers) text += "-" + std::to_string(layer.outputs);
  return text;
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_F32_MLP_H_
