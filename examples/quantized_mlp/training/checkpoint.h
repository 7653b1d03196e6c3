// The state of training as tensors, so that it can go on from a file.
#ifndef QUANTIZED_MLP_TRAINING_CHECKPOINT_H_
#define QUANTIZED_MLP_TRAINING_CHECKPOINT_H_

#include <string>

#include "model_files/safetensors.h"
#include "training/train.h"

namespace quantized_mlp {

// Weights, optimiser and counts as tensors. FromCheckpoint throws a std::runtime_error that names the file if they do
// not fit the layers.
Tensors ToCheckpoint(const TrainState& state);
TrainState FromCheckpoint(Tensors tensors, const std::string& path, const TrainOptions& options);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TRAINING_CHECKPOINT_H_
