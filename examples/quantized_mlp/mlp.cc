// Reads the network from tensors, and runs it.
#include "mlp.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "matmul_f32.h"
#include "safetensors_header.h"

namespace quantized_mlp {

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
  for (size_t i = 0; i == 0 || tensors.count(TensorName(i, "weight")) != 0; ++i) {
    const size_t inputs = i == 0 ? 0 : mlp.outputs();
    const Tensor& weight = GetTensor(tensors, path, TensorName(i, "weight"), Dtype::kF32, {0, inputs});
    const Tensor& bias = GetTensor(tensors, path, TensorName(i, "bias"), Dtype::kF32, {weight.shape[0]});
    mlp.layers.push_back({weight.shape[1], weight.shape[0], weight.values, bias.values});
  }
  if (tensors.size() != 2 * mlp.layers.size()) {
    throw std::runtime_error(path + ": holds tensors other than weights and biases of layers.0 to layers." +
                             std::to_string(mlp.layers.size() - 1));
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

void RunLayer(isoquant::Executor& executor, const DenseLayer& layer, isoquant::MatrixView<const float> x, bool relu,
              isoquant::MatrixView<float> y) {
  MatMulF32(executor, Plain(x), Transposed(layer.matrix()), y);
  for (size_t r = 0; r < y.rows; ++r) {
    float* const row = y.Row(r);
    for (size_t n = 0; n < y.cols; ++n) {
      const float sum = row[n] + layer.bias[n];
      row[n] = relu && sum < 0 ? 0 : sum;
    }
  }
}

std::vector<float> RunMlp(isoquant::Executor& executor, const Mlp& mlp, isoquant::MatrixView<const float> images) {
  constexpr size_t kBatch = 256;  // as much as caches hold
  std::vector<float> logits(images.rows * mlp.outputs());
  std::vector<float> x, y;
  for (size_t begin = 0; begin < images.rows; begin += kBatch) {
    isoquant::MatrixView<const float> in = images.Rows(begin, std::min(kBatch, images.rows - begin));
    for (const DenseLayer& layer : mlp.layers) {
      y.resize(in.rows * layer.outputs);
      RunLayer(executor, layer, in, &layer != &mlp.layers.back(), {y.data(), in.rows, layer.outputs});
      x.swap(y);
      in = {x.data(), in.rows, layer.outputs};
    }
    std::copy(x.begin(), x.end(), logits.begin() + static_cast<std::ptrdiff_t>(begin * mlp.outputs()));
  }
  return logits;
}

}  // namespace quantized_mlp
