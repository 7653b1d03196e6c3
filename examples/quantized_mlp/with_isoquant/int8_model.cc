// Quantises weights with Isoquant, and finds the scales of activations.
#include "with_isoquant/int8_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoquant/isoquant.h"
#include "support/require.h"

namespace quantized_mlp {
namespace {

// Without the floor, a layer whose inputs are all zero would have the scale 0.
float WithFloor(float scale) { return std::max(scale, 0x1p-100f); }

InputScale ScaleOf(float min, float max, Activations activations) {
  if (activations == Activations::kS8) return {WithFloor(std::max(max, -min) / 127)};
  const float scale = WithFloor(max / 255 - min / 255);
  if (!IsUsableScale(scale)) return {scale};
  return {scale, static_cast<int8_t>(std::lround(-min / scale) - 128)};  // zero is -128, if no value is below it
}

}  // namespace

bool IsUsableScale(float scale) { return scale > 0 && std::isnormal(scale) && std::isnormal(1 / scale); }

Int8Model QuantizeMlp(isoquant::Context& context, const Mlp& mlp, const std::vector<InputScale>& inputs) {
  Int8Model model;
  for (const DenseLayer& dense : mlp.layers) {
    Int8Layer layer;
    layer.inputs = dense.inputs;
    layer.outputs = dense.outputs;
    layer.weight.resize(dense.weight.size());
    layer.scales.resize(dense.outputs);
    layer.bias = dense.bias;
    if (!inputs.empty()) {
      layer.input_scale = inputs[model.layers.size()].scale;
      layer.input_zero_point = inputs[model.layers.size()].zero_point;
    }
    // A row of N x K weights is what one output channel reads, so a scale per row is a scale per channel.
    Require(isoquant::QuantizeRows(context, dense.matrix(), {layer.weight.data(), dense.outputs, dense.inputs},
                                   {layer.scales.data(), layer.scales.size()}));
    model.layers.push_back(std::move(layer));
  }
  return model;
}

std::vector<InputScale> Calibrate(isoquant::Context& context, const Mlp& mlp, isoquant::MatrixView<const float> images,
                                  Activations activations) {
  std::vector<InputScale> scales;
  std::vector<float> x(images.data, images.data + images.rows * images.cols), y;
  for (const DenseLayer& layer : mlp.layers) {
    float min = 0, max = 0;
    for (const float value : x) {
      min = std::min(min, value);
      max = std::max(max, value);
    }
    scales.push_back(ScaleOf(min, max, activations));
    if (!IsUsableScale(scales.back().scale)) throw std::runtime_error("calibration: activations overflow");
    y.resize(images.rows * layer.outputs);
    RunLayer(context, layer, {x.data(), images.rows, layer.inputs}, /*relu=*/true,
             {y.data(), images.rows, layer.outputs});
    x.swap(y);
  }
  return scales;
}

}  // namespace quantized_mlp
