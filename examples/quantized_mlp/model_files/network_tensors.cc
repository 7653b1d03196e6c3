// Takes tensors only if they make a network.
#include "model_files/network_tensors.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "model_files/layer_names.h"
#include "model_files/safetensors_header.h"

namespace quantized_mlp {
namespace {

std::vector<float> GetScales(const Tensors& tensors, const std::string& path, const std::string& name,
                             const std::vector<size_t>& shape) {
  const std::vector<float>& scales = GetTensor(tensors, path, name, Dtype::kF32, shape).values;
  if (!std::all_of(scales.begin(), scales.end(), IsUsableScale)) {
    throw std::runtime_error(path + ": tensor " + name + " holds values that are no scales (positive and normal)");
  }
  return scales;
}

// Empty, if there is none.
std::vector<float> GetBias(const Tensors& tensors, const std::string& path, const std::string& name, size_t outputs) {
  if (tensors.count(name) == 0) return {};
  return GetTensor(tensors, path, name, Dtype::kF32, {outputs}).values;
}

}  // namespace

std::string TensorName(size_t layer, const std::string& what) { return "layers." + std::to_string(layer) + "." + what; }

const Tensor& GetTensor(const Tensors& tensors, const std::string& path, const std::string& name, Dtype dtype,
                        const std::vector<size_t>& shape) {
  const auto fail = [&](const std::string& what) { throw std::runtime_error(path + ": tensor " + name + " " + what); };
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail("is missing");
  const Tensor& tensor = found->second;
  if (tensor.dtype != dtype) fail(std::string("is not ") + DtypeName(dtype));
  const auto fits = [](size_t extent, size_t wanted) { return wanted == 0 ? extent != 0 : extent == wanted; };
  if (tensor.shape.size() != shape.size() ||
      !std::equal(shape.begin(), shape.end(), tensor.shape.begin(), [&](size_t a, size_t b) { return fits(b, a); })) {
    std::string wanted;
    for (const size_t extent : shape) {
      wanted += (wanted.empty() ? "" : ", ") + (extent == 0 ? std::string("any") : std::to_string(extent));
    }
    fail("has the wrong shape, expected [" + wanted + "]");
  }
  if (!std::all_of(tensor.values.begin(), tensor.values.end(), [](float value) { return std::isfinite(value); })) {
    fail("holds NaN or infinite values");
  }
  return tensor;
}

Mlp FromTensors(const Tensors& tensors, const std::string& path) {
  Mlp mlp;
  const std::vector<std::string> names = LayerNames(tensors, path);
  size_t num_tensors = 0;
  for (const std::string& name : names) {
    const size_t inputs = mlp.layers.empty() ? 0 : mlp.outputs();
    const Tensor& weight = GetTensor(tensors, path, name + ".weight", Dtype::kF32, {0, inputs});
    std::vector<float> bias = GetBias(tensors, path, name + ".bias", weight.shape[0]);
    num_tensors += bias.empty() ? 1 : 2;
    mlp.layers.push_back({weight.shape[1], weight.shape[0], weight.values, std::move(bias)});
  }
  if (tensors.size() != num_tensors) {
    throw std::runtime_error(path + ": holds tensors other than weights and biases of " + names.front() + " to " +
                             names.back());
  }
  return mlp;
}

Tensors ToTensors(const Mlp& mlp) {
  Tensors tensors;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const DenseLayer& layer = mlp.layers[i];
    tensors[TensorName(i, "weight")] = {{layer.outputs, layer.inputs}, layer.weight};
    if (!layer.bias.empty()) tensors[TensorName(i, "bias")] = {{layer.outputs}, layer.bias};
  }
  return tensors;
}

bool IsInt8(const Tensors& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& entry) {
    return !LayerOf(entry.first).empty() && entry.second.dtype == Dtype::kI8;
  });
}

Int8Model Int8FromTensors(const Tensors& tensors, const std::string& path) {
  Int8Model model;
  size_t num_tensors = 0;
  for (const std::string& name : LayerNames(tensors, path)) {
    Int8Layer layer;
    const size_t inputs = model.layers.empty() ? 0 : model.outputs();
    const Tensor& weight = GetTensor(tensors, path, name + ".weight", Dtype::kI8, {0, inputs});
    layer.outputs = weight.shape[0];
    layer.inputs = weight.shape[1];
    layer.weight = weight.integers;
    layer.scales = GetScales(tensors, path, name + ".weight_scale", {layer.outputs, 1});
    layer.bias = GetBias(tensors, path, name + ".bias", layer.outputs);
    num_tensors += layer.bias.empty() ? 2 : 3;
    if (tensors.count(name + ".input_scale") != 0) {
      layer.input_scale = GetScales(tensors, path, name + ".input_scale", {1})[0];
      ++num_tensors;
      if (tensors.count(name + ".input_zero_point") != 0) {
        layer.input_zero_point = GetTensor(tensors, path, name + ".input_zero_point", Dtype::kI8, {1}).integers[0];
        ++num_tensors;
      }
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
    if (!layer.bias.empty()) tensors[TensorName(i, "bias")] = {{layer.outputs}, layer.bias};
    if (layer.input_scale != 0) tensors[TensorName(i, "input_scale")] = {{1}, {layer.input_scale}};
    if (layer.input_zero_point != 0) {
      tensors[TensorName(i, "input_zero_point")] = {{1}, {}, Dtype::kI8, {layer.input_zero_point}};
    }
  }
  return tensors;
}

}  // namespace quantized_mlp
