// Quantises, and reads and writes the tensors.
#include "int8_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "isoquant/isoquant.h"
#include "require.h"

namespace quantized_mlp {
namespace {

constexpr float kMaxInteger = 127;

std::vector<float> GetScales(const Tensors& tensors, const std::string& path, const std::string& name,
                             const std::vector<size_t>& shape) {
  const std::vector<float>& scales = GetTensor(tensors, path, name, Dtype::kF32, shape).values;
  if (!std::all_of(scales.begin(), scales.end(), IsUsableScale)) {
    throw std::runtime_error(path + ": tensor " + name + " holds values that are no scales (positive and normal)");
  }
  return scales;
}

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
    // The floor makes a layer whose inputs are all zero well defined.
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

bool IsInt8(const Tensors& tensors) {
  const auto weight = tensors.find(TensorName(0, "weight"));
  return weight != tensors.end() && weight->second.dtype == Dtype::kI8;
}

Int8Model Int8FromTensors(const Tensors& tensors, const std::string& path) {
  Int8Model model;
  size_t num_tensors = 0;
  for (size_t i = 0; i == 0 || tensors.count(TensorName(i, "weight")) != 0; ++i) {
    Int8Layer layer;
    const Tensor& weight =
        GetTensor(tensors, path, TensorName(i, "weight"), Dtype::kI8, {0, i == 0 ? 0 : model.outputs()});
    layer.outputs = weight.shape[0];
    layer.inputs = weight.shape[1];
    layer.weight = weight.integers;
    layer.scales = GetScales(tensors, path, TensorName(i, "weight_scale"), {layer.outputs, 1});
    layer.bias = GetTensor(tensors, path, TensorName(i, "bias"), Dtype::kF32, {layer.outputs}).values;
    num_tensors += 3;
    if (tensors.count(TensorName(i, "input_scale")) != 0) {
      layer.input_scale = GetScales(tensors, path, TensorName(i, "input_scale"), {1})[0];
      ++num_tensors;
    }
    model.layers.push_back(std::move(layer));
  }
  if (tensors.size() != num_tensors) throw std::runtime_error(path + ": holds tensors of no layer");
  return model;
}

Tensors ToTensors(const Int8Model& model) {
  Tensors tensors;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Int8Layer& layer = model.layers[i];
    tensors[TensorName(i, "weight")] = {{layer.outputs, layer.inputs}, {}, Dtype::kI8, layer.weight};
    tensors[TensorName(i, "weight_scale")] = {{layer.outputs, 1}, layer.scales};
    tensors[TensorName(i, "bias")] = {{layer.outputs}, layer.bias};
    if (layer.input_scale != 0) tensors[TensorName(i, "input_scale")] = {{1}, {layer.input_scale}};
  }
  return tensors;
}

}  // namespace quantized_mlp
