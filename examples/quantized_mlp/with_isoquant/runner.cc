// A layer with dynamic scales is one call, Linear. A layer with a static scale is two: Quantize and MatMul.
#include "with_isoquant/runner.h"

#include <algorithm>
#include <utility>

#include "support/require.h"

namespace quantized_mlp {

QuantizedMlp::QuantizedMlp(isoquant::Context& context, const Int8Model& model) {
  for (const Int8Layer& from : model.layers) {
    PackedLayer layer;
    layer.inputs = from.inputs;
    layer.outputs = from.outputs;
    layer.scales = from.scales;
    layer.bias = from.bias;
    layer.input_scale = from.input_scale;
    layer.input_zero_point = from.input_zero_point;
    const isoquant::NxK weight{{from.weight.data(), from.outputs, from.inputs}};
    Require(isoquant::PackedWeights::Pack(context, weight, layer.weights));
    layers.push_back(std::move(layer));
  }
}

QuantizedMlp::QuantizedMlp(std::vector<PackedLayer> packed, std::shared_ptr<const void> memory)
    : layers(std::move(packed)), memory_(std::move(memory)) {}

void QuantizedMlp::RunLayer(isoquant::Context& context, size_t index, isoquant::MatrixView<const float> x,
                            isoquant::MatrixView<float> y) {
  const PackedLayer& layer = layers[index];
  const bool last = index + 1 == layers.size();
  const isoquant::Activation activation = last ? isoquant::Activation::kNone : isoquant::Activation::kRelu;
  if (layer.input_scale == 0) {
    isoquant::LinearLayer linear;
    linear.weights = &layer.weights;
    linear.column_scales = {layer.scales.data(), layer.scales.size()};
    linear.bias = {layer.bias.data(), layer.bias.size()};
    linear.activation = activation;
    // Pixels and outputs of ReLU are never negative. The asymmetric range spends all 256 steps on values that occur.
    linear.quantization = isoquant::RowQuantization::kAsymmetricU8;
    Require(isoquant::Linear(context, x, linear, y));
    return;
  }
  quantized_.resize(std::max(quantized_.size(), x.rows * x.cols));
  isoquant::Dequantization to_f32;
  to_f32.row_scales = {&layer.input_scale, 1};
  to_f32.column_scales = {layer.scales.data(), layer.scales.size()};
  to_f32.bias = {layer.bias.data(), layer.bias.size()};
  to_f32.activation = activation;
  if (layer.input_zero_point == 0) {
    const isoquant::MatrixView<int8_t> q(reinterpret_cast<int8_t*>(quantized_.data()), x.rows, x.cols);
    Require(isoquant::Quantize(context, x, layer.input_scale, /*zero_point=*/0, q));
    Require(isoquant::MatMul(context, q, layer.weights, to_f32, y));
    return;
  }
  // Zero points are of u8, whose values are 128 larger than those of s8.
  const int32_t zero_point = layer.input_zero_point + 128;
  to_f32.row_zero_points = {&zero_point, 1};
  const isoquant::MatrixView<uint8_t> q(quantized_.data(), x.rows, x.cols);
  Require(isoquant::Quantize(context, x, layer.input_scale, zero_point, q));
  Require(isoquant::MatMul(context, q, layer.weights, to_f32, y));
}

void QuantizedMlp::Run(isoquant::Context& context, isoquant::MatrixView<const float> images,
                       isoquant::MatrixView<float> logits) {
  isoquant::MatrixView<const float> x = images;
  for (size_t i = 0; i < layers.size(); ++i) {
    isoquant::MatrixView<float> y = logits;
    if (i + 1 < layers.size()) {
      std::vector<float>& buffer = activations_[i % 2];
      buffer.resize(std::max(buffer.size(), x.rows * layers[i].outputs));
      y = {buffer.data(), x.rows, layers[i].outputs};
    }
    RunLayer(context, i, x, y);
    x = y;
  }
}

std::vector<float> RunInBatches(isoquant::Context& context, QuantizedMlp& model,
                                isoquant::MatrixView<const float> images, size_t batch) {
  std::vector<float> logits(images.rows * model.outputs());
  for (size_t begin = 0; begin < images.rows; begin += batch) {
    const size_t rows = std::min(batch, images.rows - begin);
    model.Run(context, images.Rows(begin, rows), {logits.data() + begin * model.outputs(), rows, model.outputs()});
  }
  return logits;
}

}  // namespace quantized_mlp
