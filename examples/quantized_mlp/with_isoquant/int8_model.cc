// Quantises weights with Isoquant, and finds the scales of activations.
#include "with_isoquant/int8_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoquant/isoquant.h"
#include "with_isoquant/require.h"

namespace quantized_mlp {
namespace {

constexpr float kMaxInteger = 127;

}  // namespace

bool IsUsableScale(float scale) { return scale > 0 && std::isnormal(scale) && std::isnormal(1 / scale); }

Int8Model QuantizeMlp(isoquant::Context& context, const Mlp& mlp, const std::vector<float>& input_scales) {
  Int8Model model;
  for (const DenseLayer& dense : mlp.layers) {
    Int8Layer layer;
    layer.inputs = dense.inputs;
    layer.outputs = dense.outputs;
    layer.weight.resize(dense.weight.size());
    layer.scales.resize(dense.outputs);
    layer.bias = dense.bias;
    if (!input_scales.empty()) layer.input_scale = input_scales[model.layers.size()];
    // A row of N x K weights is what one output channel reads, so a scale per row is a scale per channel.
    Require(isoquant::QuantizeRows(context, dense.matrix(), {layer.weight.data(), dense.outputs, dense.inputs},
                                   {layer.scales.data(), layer.scales.size()}));
    model.layers.push_back(std::move(layer));
  }
  return model;
}

std::vector<float> Calibrate(isoquant::Executor& executor, const Mlp& mlp, isoquant::MatrixView<const float> images) {
  std::vector<float> scales;
  std::vector<float> x(images.data, images.data + images.rows * images.cols), y;
  for (const DenseLayer& layer : mlp.layers) {
    float max = 0;
    for (const float value : x) max = std::max(max, std::fabs(value));
    // Without the floor, a layer whose inputs are all zero would have the scale 0.
    scales.push_back(std::max(max / kMaxInteger, 0x1p-100f));
    y.resize(images.rows * layer.outputs);
    RunLayer(executor, layer, {x.data(), images.rows, layer.inputs}, /*relu=*/true,
             {y.data(), images.rows, layer.outputs});
    x.swap(y);
  }
  if (!std::all_of(scales.begin(), scales.end(), IsUsableScale)) {
    throw std::runtime_error("calibration: activations overflow");
  }
  return scales;
}

}  // namespace quantized_mlp
