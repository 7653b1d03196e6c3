// Runs the network in float and in int8.
#include "mlp.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "require.h"

namespace quantized_mlp {
namespace {

std::string TensorName(size_t layer, const char* what) { return "layers." + std::to_string(layer) + "." + what; }

}  // namespace

Mlp FromTensors(const Tensors& tensors, size_t inputs, size_t outputs) {
  Mlp mlp;
  for (size_t i = 0; 2 * i < tensors.size(); ++i) {
    const auto weight = tensors.find(TensorName(i, "weight"));
    const auto bias = tensors.find(TensorName(i, "bias"));
    if (weight == tensors.end() || bias == tensors.end() || weight->second.shape.size() != 2) {
      throw std::runtime_error("the weights are not those of a network: layer " + std::to_string(i) +
                               " lacks a weight matrix or a bias");
    }
    const std::vector<size_t>& shape = weight->second.shape;
    if (shape[1] != (i == 0 ? inputs : mlp.outputs()) || bias->second.shape != std::vector<size_t>{shape[0]}) {
      throw std::runtime_error("the weights are not those of a network: layer " + std::to_string(i) +
                               " does not fit what precedes it, or its bias");
    }
    mlp.layers.push_back({shape[1], shape[0], weight->second.values, bias->second.values});
  }
  if (mlp.layers.empty() || mlp.outputs() != outputs) {
    throw std::runtime_error("the network does not have " + std::to_string(outputs) + " outputs");
  }
  return mlp;
}

Tensors ToTensors(const Mlp& mlp) {
  Tensors tensors;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const DenseLayer& layer = mlp.layers[i];
    tensors[TensorName(i, "weight")] = {{layer.outputs, layer.inputs}, layer.weight};
    tensors[TensorName(i, "bias")] = {{layer.outputs}, layer.bias};
  }
  return tensors;
}

void RunLayer(const DenseLayer& layer, const float* x, bool relu, float* y) {
  for (size_t n = 0; n < layer.outputs; ++n) {
    const float* weight = layer.weight.data() + n * layer.inputs;
    float sum = layer.bias[n];
    for (size_t k = 0; k < layer.inputs; ++k) sum += weight[k] * x[k];
    y[n] = relu && sum < 0 ? 0 : sum;
  }
}

std::vector<float> RunMlp(const Mlp& mlp, isoquant::MatrixView<const float> images) {
  std::vector<float> logits(images.rows * mlp.outputs());
  std::vector<float> x, y;
  for (size_t r = 0; r < images.rows; ++r) {
    x.assign(images.Row(r), images.Row(r) + images.cols);
    for (const DenseLayer& layer : mlp.layers) {
      y.resize(layer.outputs);
      RunLayer(layer, x.data(), &layer != &mlp.layers.back(), y.data());
      x.swap(y);
    }
    std::copy(x.begin(), x.end(), logits.data() + r * mlp.outputs());
  }
  return logits;
}

QuantizedMlp::QuantizedMlp(isoquant::Context& context, const Mlp& mlp) {
  for (const DenseLayer& dense : mlp.layers) {
    const isoquant::MatrixView<const float> weight(dense.weight.data(), dense.outputs, dense.inputs);
    std::vector<int8_t> quantized(dense.weight.size());
    const isoquant::MatrixView<int8_t> quantized_weight(quantized.data(), dense.outputs, dense.inputs);
    Layer layer;
    layer.scales.resize(dense.outputs);
    layer.bias = dense.bias;
    // A row of N x K weights is what one output channel reads, so a scale per row is a scale per channel.
    Require(isoquant::QuantizeRows(context, weight, quantized_weight, {layer.scales.data(), layer.scales.size()}));
    Require(isoquant::PackedWeights::Pack(context, isoquant::NxK{quantized_weight}, layer.weights));
    layers_.push_back(std::move(layer));
  }
}

void QuantizedMlp::Run(isoquant::Context& context, isoquant::MatrixView<const float> images,
                       isoquant::MatrixView<float> logits) {
  isoquant::MatrixView<const float> x = images;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const bool last = i + 1 == layers_.size();
    isoquant::LinearLayer linear;
    linear.weights = &layer.weights;
    linear.column_scales = {layer.scales.data(), layer.scales.size()};
    linear.bias = {layer.bias.data(), layer.bias.size()};
    linear.activation = last ? isoquant::Activation::kNone : isoquant::Activation::kRelu;
    // Pixels and the outputs of ReLU are never negative: all 256 steps go to where the values are.
    linear.quantization = isoquant::RowQuantization::kAsymmetricU8;

    isoquant::MatrixView<float> y = logits;
    if (!last) {
      std::vector<float>& buffer = activations_[i % 2];
      buffer.resize(std::max(buffer.size(), x.rows * layer.weights.n()));
      y = {buffer.data(), x.rows, layer.weights.n()};
    }
    Require(isoquant::Linear(context, x, linear, y));
    x = y;
  }
}

}  // namespace quantized_mlp
