// Gradient descent: how a gradient changes the weights.
#ifndef QUANTIZED_MLP_TRAINING_OPTIMIZER_H_
#define QUANTIZED_MLP_TRAINING_OPTIMIZER_H_

#include <cstddef>
#include <vector>

#include "f32/mlp.h"

namespace quantized_mlp {

enum class Method { kAdam, kSgd };

struct OptimizerOptions {
  Method method = Method::kAdam;
  float learning_rate = 1e-3f;  // at the start; falls to zero along a cosine
  float momentum = 0.9f;        // of kSgd
  float weight_decay = 1e-4f;   // of weights, not of biases
};

// kSgd:  u = momentum u + g + decay w,  w -= rate u.
// kAdam: Kingma and Ba, "Adam", ICLR 2015, with decay apart from the gradient (Loshchilov and Hutter, ICLR 2019).
class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, const Mlp& mlp);

  // `progress` is the part of training that is done, in [0, 1]: it sets the rate. `gradient` is that of a batch's mean
  // loss.
  void Step(const Mlp& gradient, double progress, Mlp& mlp);

  // The state, which a checkpoint keeps.
  Mlp first, second;  // momentum of kSgd, moments of kAdam
  size_t steps = 0;

 private:
  void StepSgd(float rate, float decay, const std::vector<float>& gradient, std::vector<float>& velocity,
               std::vector<float>& values) const;
  void StepAdam(float rate, float decay, const std::vector<float>& gradient, std::vector<float>& mean,
                std::vector<float>& square, std::vector<float>& values) const;

  OptimizerOptions options_;
};

// The same layers with zeros.
Mlp ZerosLike(Mlp mlp);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TRAINING_OPTIMIZER_H_
