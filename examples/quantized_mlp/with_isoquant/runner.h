// Runs the int8 network with Isoquant: all that a program needs to serve it.
#ifndef QUANTIZED_MLP_WITH_ISOQUANT_RUNNER_H_
#define QUANTIZED_MLP_WITH_ISOQUANT_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "isoquant/isoquant.h"
#include "with_isoquant/int8_model.h"

namespace quantized_mlp {

// A layer that is ready to run. Its weights own their memory, or use that of a mapped file.
struct PackedLayer {
  size_t inputs = 0, outputs = 0;
  isoquant::PackedWeights weights;
  std::vector<float> scales, bias;  // the bias may be empty
  float input_scale = 0;            // 0: dynamic
  int8_t input_zero_point = 0;
};

class QuantizedMlp {
 public:
  // Packs the weights.
  QuantizedMlp(isoquant::Context& context, const Int8Model& model);
  // Takes layers whose weights are packed. `memory` keeps the file alive that they use.
  QuantizedMlp(std::vector<PackedLayer> packed, std::shared_ptr<const void> memory);

  // Writes a row of logits for each row of images. It keeps its buffers: a second call of the same size allocates
  // nothing.
  void Run(isoquant::Context& context, isoquant::MatrixView<const float> images, isoquant::MatrixView<float> logits);

  // Runs one layer.
  void RunLayer(isoquant::Context& context, size_t layer, isoquant::MatrixView<const float> x,
                isoquant::MatrixView<float> y);

  size_t inputs() const { return layers.front().inputs; }
  size_t outputs() const { return layers.back().outputs; }
  bool is_static() const { return layers.front().input_scale != 0; }

  std::vector<PackedLayer> layers;

 private:
  std::shared_ptr<const void> memory_;
  std::vector<float> activations_[2];  // outputs of even and of odd layers: a layer must not write to what it reads
  std::vector<uint8_t> quantized_;
};

// Returns the logits of all images. Each call of Run gets `batch` images.
std::vector<float> RunInBatches(isoquant::Context& context, QuantizedMlp& model,
                                isoquant::MatrixView<const float> images, size_t batch);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_WITH_ISOQUANT_RUNNER_H_
