// Back-propagation of the cross-entropy, and gradient descent with momentum.
#include "train.h"

#include <algorithm>
#include <cmath>

#include "random.h"

namespace quantized_mlp {
namespace {

// Uniform weights whose variance 2 / inputs keeps the size of activations through ReLU (He et al., 2015).
DenseLayer MakeLayer(size_t inputs, size_t outputs, Random& random) {
  DenseLayer layer{inputs, outputs, std::vector<float>(inputs * outputs), std::vector<float>(outputs)};
  const float limit = std::sqrt(6.0f / static_cast<float>(inputs));
  for (float& weight : layer.weight) weight = (2 * random.Uniform() - 1) * limit;
  return layer;
}

Mlp MakeMlp(const std::vector<size_t>& hidden, Random& random) {
  Mlp mlp;
  size_t inputs = Digits::kPixels;
  for (const size_t outputs : hidden) {
    mlp.layers.push_back(MakeLayer(inputs, outputs, random));
    inputs = outputs;
  }
  mlp.layers.push_back(MakeLayer(inputs, Digits::kClasses, random));
  return mlp;
}

Mlp ZerosLike(Mlp mlp) {
  for (DenseLayer& layer : mlp.layers) {
    std::fill(layer.weight.begin(), layer.weight.end(), 0.0f);
    std::fill(layer.bias.begin(), layer.bias.end(), 0.0f);
  }
  return mlp;
}

// Replaces logits by their softmax minus the wanted distribution, which is the gradient of the cross-entropy, and
// returns the cross-entropy.
double SoftmaxGradient(size_t label, std::vector<float>& logits) {
  const float max = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& value : logits) sum += value = std::exp(value - max);
  for (float& value : logits) value /= sum;
  const double loss = -std::log(static_cast<double>(std::max(logits[label], 1e-30f)));
  logits[label] -= 1;
  return loss;
}

// Adds the gradient of one image's loss to `gradient`.
double AddGradient(const Mlp& mlp, const float* image, size_t label, Mlp& gradient) {
  const size_t num_layers = mlp.layers.size();
  std::vector<std::vector<float>> inputs(num_layers + 1);  // of each layer; behind the last, the logits
  inputs[0].assign(image, image + Digits::kPixels);
  for (size_t i = 0; i < num_layers; ++i) {
    inputs[i + 1].resize(mlp.layers[i].outputs);
    RunLayer(mlp.layers[i], inputs[i].data(), i + 1 < num_layers, inputs[i + 1].data());
  }
  std::vector<float> delta = inputs[num_layers];  // gradient with respect to a layer's outputs
  const double loss = SoftmaxGradient(label, delta);

  for (size_t i = num_layers; i-- > 0;) {
    const DenseLayer& layer = mlp.layers[i];
    std::vector<float> previous(layer.inputs);
    for (size_t n = 0; n < layer.outputs; ++n) {
      gradient.layers[i].bias[n] += delta[n];
      const float* weight = layer.weight.data() + n * layer.inputs;
      float* weight_gradient = gradient.layers[i].weight.data() + n * layer.inputs;
      for (size_t k = 0; k < layer.inputs; ++k) weight_gradient[k] += delta[n] * inputs[i][k];
      for (size_t k = 0; k < layer.inputs; ++k) previous[k] += delta[n] * weight[k];
    }
    for (size_t k = 0; k < layer.inputs; ++k) previous[k] = inputs[i][k] > 0 ? previous[k] : 0;  // through ReLU
    delta.swap(previous);
  }
  return loss;
}

// velocity = momentum velocity - rate (gradient / batch + decay value), value += velocity; the gradient starts anew.
void Descend(float rate, float momentum, float decay, float batch, std::vector<float>& gradient,
             std::vector<float>& velocity, std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    velocity[i] = momentum * velocity[i] - rate * (gradient[i] / batch + decay * values[i]);
    values[i] += velocity[i];
    gradient[i] = 0;
  }
}

}  // namespace

Mlp Train(const Digits& digits, const TrainOptions& options, const Progress& progress) {
  Random random(options.seed);
  Mlp mlp = MakeMlp(options.hidden, random);
  Mlp gradient = ZerosLike(mlp);
  Mlp velocity = gradient;
  for (size_t epoch = 0; epoch < options.epochs; ++epoch) {
    const float part = static_cast<float>(epoch) / static_cast<float>(options.epochs);
    const float rate = options.learning_rate * 0.5f * (1 + std::cos(3.14159265f * part));
    const std::vector<size_t> order = random.Permutation(digits.size());
    double loss = 0;
    for (size_t begin = 0; begin < order.size(); begin += options.batch) {
      const size_t end = std::min(begin + options.batch, order.size());
      for (size_t i = begin; i < end; ++i) {
        loss += AddGradient(mlp, digits.images().Row(order[i]), digits.labels[order[i]], gradient);
      }
      const float batch = static_cast<float>(end - begin);
      for (size_t i = 0; i < mlp.layers.size(); ++i) {
        Descend(rate, options.momentum, options.weight_decay, batch, gradient.layers[i].weight,
                velocity.layers[i].weight, mlp.layers[i].weight);
        Descend(rate, options.momentum, /*decay=*/0, batch, gradient.layers[i].bias, velocity.layers[i].bias,
                mlp.layers[i].bias);
      }
    }
    progress(epoch + 1, loss / static_cast<double>(order.size()));
  }
  return mlp;
}

}  // namespace quantized_mlp
