// How the shipped weights came to be: stochastic gradient descent in plain float.
#ifndef QUANTIZED_MLP_TRAIN_H_
#define QUANTIZED_MLP_TRAIN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "digits.h"
#include "mlp.h"

namespace quantized_mlp {

struct TrainOptions {
  std::vector<size_t> hidden = {128, 64};
  uint64_t seed = 1;
  size_t epochs = 40;
  size_t batch = 32;
  float learning_rate = 0.1f;  // at the start; falls to zero along a cosine
  float momentum = 0.9f;
  float weight_decay = 1e-3f;
};

// Called after each epoch with its number from 1 and the mean cross-entropy over it.
using Progress = std::function<void(size_t epoch, double loss)>;

// Trains a network to tell the digits. Runs on one thread in a fixed order, so the same program on the same CPU gives
// the same bits. (Another libm may round exp differently, so another machine may differ in the last bits.)
Mlp Train(const Digits& digits, const TrainOptions& options, const Progress& progress);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TRAIN_H_
