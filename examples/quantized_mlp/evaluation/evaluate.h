// Compares a network with labels, with another one, and with itself on other tiers.
#ifndef QUANTIZED_MLP_EVALUATION_EVALUATE_H_
#define QUANTIZED_MLP_EVALUATION_EVALUATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "f32/mlp.h"
#include "with_isoquant/runner.h"

namespace quantized_mlp {

// confusion[label][prediction] is a number of images.
using Confusion = std::vector<std::vector<size_t>>;
Confusion CountConfusion(const std::vector<size_t>& labels, const std::vector<size_t>& predictions, size_t classes);

// How far a layer's outputs in int8 are from those in float. Both networks start from the same images, so the errors of
// earlier layers are part of it.
struct LayerError {
  double max = 0, rms = 0, cosine = 0;
};
std::vector<LayerError> CompareLayers(isoquant::Context& context, const Mlp& mlp, QuantizedMlp& quantized,
                                      isoquant::MatrixView<const float> images);

struct TierSpeed {
  std::string tier;
  uint64_t digest = 0;                    // of the logits of all images
  bool same_in_batches = true;            // whether batches of all sizes gave these logits
  std::vector<double> images_per_second;  // for each size in kBatches
};
constexpr size_t kBatches[] = {1, 8, 64, 512};

// Runs every tier that is usable for the products of the network; of float the best one, and those with an instruction
// for fused multiply-add: the others emulate it, and would take minutes. (ISOQUANT_MAX_TIER makes one of them the
// best.) Each speed is measured for `seconds`; 0 leaves speeds out.
std::vector<TierSpeed> EvaluateTiers(isoquant::Executor& executor, QuantizedMlp& model,
                                     isoquant::MatrixView<const float> images, double seconds);
std::vector<TierSpeed> EvaluateTiers(isoquant::Executor& executor, const Mlp& mlp,
                                     isoquant::MatrixView<const float> images, double seconds);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_EVALUATION_EVALUATE_H_
