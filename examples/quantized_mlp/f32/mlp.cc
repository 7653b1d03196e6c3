// Runs the network, layer by layer.
#include "f32/mlp.h"

#include <algorithm>

#include "f32/matmul_f32.h"

namespace quantized_mlp {

void RunLayer(isoquant::Executor& executor, const DenseLayer& layer, isoquant::MatrixView<const float> x, bool relu,
              isoquant::MatrixView<float> y) {
  MatMulF32(executor, Plain(x), Transposed(layer.matrix()), y);
  for (size_t r = 0; r < y.rows; ++r) {
    float* const row = y.Row(r);
    for (size_t n = 0; n < y.cols; ++n) {
      const float sum = layer.bias.empty() ? row[n] : row[n] + layer.bias[n];
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
