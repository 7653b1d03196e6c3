// Forward, softmax, backward: three matrix products a layer.
#include "training/backprop.h"

#include <algorithm>
#include <cmath>

#include "isoquant/float_matmul.h"
#include "isoquant/k_major.h"
#include "support/require.h"

namespace quantized_mlp {
namespace {

using isoquant::MatrixView;

// Replaces a row of logits by the gradient of the mean cross-entropy: softmax minus the wanted distribution, divided by
// the size of the batch.
BatchResult SoftmaxGradient(size_t label, size_t classes, float batch, float* row) {
  const float* const max = std::max_element(row, row + classes);
  BatchResult result;
  result.right = max == row + label ? 1 : 0;
  const float largest = *max;
  float sum = 0;
  for (size_t n = 0; n < classes; ++n) sum += row[n] = std::exp(row[n] - largest);
  for (size_t n = 0; n < classes; ++n) row[n] /= sum;
  result.loss = -std::log(static_cast<double>(std::max(row[label], 1e-30f)));
  row[label] -= 1;
  for (size_t n = 0; n < classes; ++n) row[n] /= batch;
  return result;
}

void SumRows(MatrixView<const float> x, std::vector<float>& sums) {
  std::fill(sums.begin(), sums.end(), 0.0f);
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t c = 0; c < x.cols; ++c) sums[c] += x.Row(r)[c];
  }
}

}  // namespace

BatchResult Backprop::Run(const Mlp& mlp, MatrixView<const float> x, const size_t* labels, Mlp& gradient) {
  const size_t num_layers = mlp.layers.size(), rows = x.rows;
  outputs_.resize(num_layers);
  const auto inputs = [&](size_t i) {
    return i == 0 ? x : MatrixView<const float>(outputs_[i - 1].data(), rows, mlp.layers[i].inputs);
  };
  for (size_t i = 0; i < num_layers; ++i) {
    const DenseLayer& layer = mlp.layers[i];
    outputs_[i].resize(rows * layer.outputs);
    RunLayer(context_, layer, inputs(i), i + 1 < num_layers, {outputs_[i].data(), rows, layer.outputs});
  }

  BatchResult result;
  delta_ = outputs_.back();
  for (size_t r = 0; r < rows; ++r) {
    const BatchResult row =
        SoftmaxGradient(labels[r], mlp.outputs(), static_cast<float>(rows), delta_.data() + r * mlp.outputs());
    result.loss += row.loss;
    result.right += row.right;
  }

  for (size_t i = num_layers; i-- > 0;) {
    const DenseLayer& layer = mlp.layers[i];
    DenseLayer& to = gradient.layers[i];
    const MatrixView<const float> delta(delta_.data(), rows, layer.outputs);
    Require(isoquant::MatMul(context_, isoquant::KxM<float>{delta}, isoquant::KxN{inputs(i)},
                             {to.weight.data(), layer.outputs, layer.inputs}));
    SumRows(delta, to.bias);
    if (i == 0) break;
    previous_.resize(rows * layer.inputs);
    Require(isoquant::MatMul(context_, delta, isoquant::KxN{layer.matrix()}, {previous_.data(), rows, layer.inputs}));
    // ReLU lets a gradient through where its output is positive.
    for (size_t j = 0; j < previous_.size(); ++j) previous_[j] = outputs_[i - 1][j] > 0 ? previous_[j] : 0;
    delta_.swap(previous_);
  }
  return result;
}

}  // namespace quantized_mlp
