// The network, twice: in float, as it was trained, and in int8, as Isoquant runs it.
#ifndef QUANTIZED_MLP_MLP_H_
#define QUANTIZED_MLP_MLP_H_

#include <cstddef>
#include <vector>

#include "isoquant/isoquant.h"
#include "safetensors.h"

namespace quantized_mlp {

struct DenseLayer {
  size_t inputs = 0, outputs = 0;
  std::vector<float> weight;  // outputs x inputs, as frameworks store it
  std::vector<float> bias;    // outputs
};

// y = W x + b in each layer, and ReLU between layers.
struct Mlp {
  std::vector<DenseLayer> layers;

  size_t outputs() const { return layers.back().outputs; }
};

// Tensors "layers.0.weight" [outputs, inputs], "layers.0.bias" [outputs], "layers.1.weight" and so on. FromTensors
// throws std::runtime_error unless they make a network from `inputs` to `outputs` values.
Mlp FromTensors(const Tensors& tensors, size_t inputs, size_t outputs);
Tensors ToTensors(const Mlp& mlp);

// One layer for one image, in plain float: y = W x + b, then ReLU if asked for.
void RunLayer(const DenseLayer& layer, const float* x, bool relu, float* y);

// The logits of all images, one row each, in plain float.
std::vector<float> RunMlp(const Mlp& mlp, isoquant::MatrixView<const float> images);

// The same network with int8 weights. Each output channel has its own scale; inputs are quantised row by row while the
// network runs, so no calibration data is needed.
class QuantizedMlp {
 public:
  QuantizedMlp(isoquant::Context& context, const Mlp& mlp);

  // logits: one row for each row of images. Reuses its buffers: the second call of a size allocates nothing.
  void Run(isoquant::Context& context, isoquant::MatrixView<const float> images, isoquant::MatrixView<float> logits);

  size_t outputs() const { return layers_.back().weights.n(); }

 private:
  struct Layer {
    isoquant::PackedWeights weights;
    std::vector<float> scales;  // one for each output
    std::vector<float> bias;
  };

  std::vector<Layer> layers_;
  std::vector<float> activations_[2];  // of even and of odd layers: a layer must not write to what it reads
};

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MLP_H_
