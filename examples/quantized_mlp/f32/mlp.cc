// Runs the network, layer by layer.
#include "f32/mlp.h"

#include <algorithm>

#include "isoquant/float_matmul.h"
#include "support/require.h"

namespace quantized_mlp {

using isoquant::MatrixView;

namespace {

void RunLayer(isoquant::Context& context, const DenseLayer& layer, const isoquant::WeightsRef& weights,
              MatrixView<const float> x, bool relu, MatrixView<float> y) {
  Require(isoquant::MatMul(context, x, weights, y));
  for (size_t r = 0; r < y.rows; ++r) {
    float* const row = y.Row(r);
    for (size_t n = 0; n < y.cols; ++n) {
      const float sum = layer.bias.empty() ? row[n] : row[n] + layer.bias[n];
      row[n] = relu && sum < 0 ? 0 : sum;
    }
  }
}

}  // namespace

void RunLayer(isoquant::Context& context, const DenseLayer& layer, MatrixView<const float> x, bool relu,
              MatrixView<float> y) {
  RunLayer(context, layer, isoquant::NxK{layer.matrix()}, x, relu, y);
}

MlpRunner::MlpRunner(isoquant::Context& context, const Mlp& mlp) : mlp_(mlp) {
  for (const DenseLayer& layer : mlp.layers) {
    packed_.emplace_back();
    Require(isoquant::PackedWeights::Pack(context, isoquant::NxK{layer.matrix()}, packed_.back()));
  }
}

void MlpRunner::Run(isoquant::Context& context, MatrixView<const float> images, MatrixView<float> logits) {
  MatrixView<const float> x = images;
  for (size_t i = 0; i < packed_.size(); ++i) {
    const DenseLayer& layer = mlp_.layers[i];
    MatrixView<float> y = logits;
    if (i + 1 < packed_.size()) {
      std::vector<float>& buffer = activations_[i % 2];
      buffer.resize(std::max(buffer.size(), x.rows * layer.outputs));
      y = {buffer.data(), x.rows, layer.outputs};
    }
    RunLayer(context, layer, packed_[i], x, i + 1 < packed_.size(), y);
    x = y;
  }
}

std::vector<float> RunInBatches(isoquant::Context& context, MlpRunner& model, MatrixView<const float> images,
                                size_t batch) {
  std::vector<float> logits(images.rows * model.outputs());
  for (size_t begin = 0; begin < images.rows; begin += batch) {
    const size_t rows = std::min(batch, images.rows - begin);
    model.Run(context, images.Rows(begin, rows), {logits.data() + begin * model.outputs(), rows, model.outputs()});
  }
  return logits;
}

std::vector<float> RunMlp(isoquant::Context& context, const Mlp& mlp, MatrixView<const float> images) {
  constexpr size_t kBatch = 256;  // as much as caches hold
  MlpRunner runner(context, mlp);
  return RunInBatches(context, runner, images, kBatch);
}

}  // namespace quantized_mlp
