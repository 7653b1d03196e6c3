// The network in float, as it is trained.
#ifndef QUANTIZED_MLP_F32_MLP_H_
#define QUANTIZED_MLP_F32_MLP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

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

// One layer for some images: y = W x + b, then ReLU if asked for. (isoquant::FloatOutput does the second step within
// the first. This program does without, so that its first build compiles less.)
void RunLayer(isoquant::Context& context, const DenseLayer& layer, isoquant::MatrixView<const float> x, bool relu,
              isoquant::MatrixView<float> y);

// A network that stays as it is, with packed weights. It keeps its buffers: a second call of the same size allocates
// nothing. `mlp` must outlive it.
class MlpRunner {
 public:
  MlpRunner(isoquant::Context& context, const Mlp& mlp);

  // Writes a row of logits for each row of images.
  void Run(isoquant::Context& context, isoquant::MatrixView<const float> images, isoquant::MatrixView<float> logits);

  size_t outputs() const { return mlp_.outputs(); }

 private:
  const Mlp& mlp_;
  std::vector<isoquant::PackedWeights> packed_;
  std::vector<float> activations_[2];  // outputs of even and of odd layers
};

// Returns the logits of all images, one row each. Each call of Run gets `batch` images. No bit depends on the batch,
// the tier or the threads of the context.
std::vector<float> RunInBatches(isoquant::Context& context, MlpRunner& model, isoquant::MatrixView<const float> images,
                                size_t batch);
std::vector<float> RunMlp(isoquant::Context& context, const Mlp& mlp, isoquant::MatrixView<const float> images);

// The sizes from inputs to classes, as in "784-256-128-10".
template <class Model>
std::string Describe(const Model& model) {
  std::string text = std::to_string(model.layers.front().inputs);
  for (const auto& layer : model.layers) text += "-" + std::to_string(layer.outputs);
  return text;
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_F32_MLP_H_
