// One step over all parameters.
#include "training/optimizer.h"

#include <algorithm>
#include <cmath>

namespace quantized_mlp {
namespace {

constexpr float kPi = 3.14159265f;
constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;

}  // namespace

Mlp ZerosLike(Mlp mlp) {
  for (DenseLayer& layer : mlp.layers) {
    std::fill(layer.weight.begin(), layer.weight.end(), 0.0f);
    std::fill(layer.bias.begin(), layer.bias.end(), 0.0f);
  }
  return mlp;
}

Optimizer::Optimizer(const OptimizerOptions& options, const Mlp& mlp)
    : first(ZerosLike(mlp)), second(first), options_(options) {}

void Optimizer::StepSgd(float rate, float decay, const std::vector<float>& gradient, std::vector<float>& velocity,
                        std::vector<float>& values) const {
  for (size_t i = 0; i < values.size(); ++i) {
    velocity[i] = options_.momentum * velocity[i] + gradient[i] + decay * values[i];
    values[i] -= rate * velocity[i];
  }
}

void Optimizer::StepAdam(float rate, float decay, const std::vector<float>& gradient, std::vector<float>& mean,
                         std::vector<float>& square, std::vector<float>& values) const {
  // The means begin at zero. These factors make up for that in the first steps.
  const float n = static_cast<float>(steps);
  const float scale = rate / (1 - std::pow(kBeta1, n)), correction = 1 / std::sqrt(1 - std::pow(kBeta2, n));
  for (size_t i = 0; i < values.size(); ++i) {
    mean[i] = kBeta1 * mean[i] + (1 - kBeta1) * gradient[i];
    square[i] = kBeta2 * square[i] + (1 - kBeta2) * gradient[i] * gradient[i];
    values[i] -= scale * mean[i] / (std::sqrt(square[i]) * correction + kEpsilon) + rate * decay * values[i];
  }
}

void Optimizer::Step(const Mlp& gradient, double progress, Mlp& mlp) {
  ++steps;
  const float rate = options_.learning_rate * 0.5f * (1 + std::cos(kPi * static_cast<float>(progress)));
  const auto step = [&](const std::vector<float>& g, std::vector<float>& m, std::vector<float>& s,
                        std::vector<float>& values, float decay) {
    if (options_.method == Method::kAdam) {
      StepAdam(rate, decay, g, m, s, values);
    } else {
      StepSgd(rate, decay, g, m, values);
    }
  };
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    DenseLayer &to = mlp.layers[i], &m = first.layers[i], &s = second.layers[i];
    step(gradient.layers[i].weight, m.weight, s.weight, to.weight, options_.weight_decay);
    step(gradient.layers[i].bias, m.bias, s.bias, to.bias, 0);
  }
}

}  // namespace quantized_mlp
