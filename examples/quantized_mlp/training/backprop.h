// The gradient of the cross-entropy with respect to all weights, by back-propagation over a batch.
#ifndef QUANTIZED_MLP_TRAINING_BACKPROP_H_
#define QUANTIZED_MLP_TRAINING_BACKPROP_H_

#include <cstddef>
#include <vector>

#include "f32/mlp.h"
#include "isoquant/context.h"

namespace quantized_mlp {

struct BatchResult {
  double loss = 0;  // the sum over the batch
  size_t right = 0;
};

class Backprop {
 public:
  explicit Backprop(isoquant::Context& context) : context_(context) {}

  // Overwrites `gradient`, which has the shape of `mlp`, with the gradient of the mean loss. There are x.rows labels.
  BatchResult Run(const Mlp& mlp, isoquant::MatrixView<const float> x, const size_t* labels, Mlp& gradient);

 private:
  isoquant::Context& context_;
  std::vector<std::vector<float>> outputs_;  // of each layer
  std::vector<float> delta_, previous_;      // gradient with respect to a layer's outputs, and to its inputs
};

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TRAINING_BACKPROP_H_
