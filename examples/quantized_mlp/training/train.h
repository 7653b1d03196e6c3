// Trains a network: epochs, batches, validation, early stop, checkpoints.
#ifndef QUANTIZED_MLP_TRAINING_TRAIN_H_
#define QUANTIZED_MLP_TRAINING_TRAIN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "f32/mlp.h"
#include "isoquant/context.h"
#include "training/optimizer.h"

namespace quantized_mlp {

struct TrainOptions {
  std::vector<size_t> layers;  // inputs, hidden layers, classes
  uint64_t seed = 1;
  size_t epochs = 40;
  size_t batch = 64;
  // This part of the images is held back. After each epoch the network is tested on them, and if it has not become
  // better for `patience` epochs, training stops. 0: train on all, never stop early.
  double validation = 0.1;
  size_t patience = 10;
  OptimizerOptions optimizer;
};

struct Progress {
  size_t epoch = 0;                      // from 1
  double part = 0;                       // of the epoch: 1 after it
  double loss = 0, accuracy = 0;         // over the epoch so far, of the images trained on
  double validation = 0;                 // accuracy, after the epoch; NaN before, and without validation
  double seconds = 0, seconds_left = 0;  // of the training
};

// What a checkpoint keeps: enough to go on as if nothing had happened.
struct TrainState {
  TrainState(const OptimizerOptions& options, Mlp start) : mlp(start), best(mlp), optimizer(options, mlp) {}
  Mlp mlp, best;  // as trained so far; after the epoch that was best in validation (without: the last)
  Optimizer optimizer;
  size_t epoch = 0, best_epoch = 0;  // finished epochs, and the best of them
  double best_accuracy = -1;         // in validation
};

// Random weights. Throws std::runtime_error if there are too many.
Mlp MakeMlp(const std::vector<size_t>& layers, uint64_t seed);

// Goes on from `state` to the end. Calls `progress` after batches and after each epoch, and `checkpoint` after each
// epoch. The same data, options and program give the same bits on the same machine, for any executor and tier, with or
// without interruption. (Another machine may differ in the last bits, because its libm may round exp differently.)
// Throws a std::runtime_error if the loss is no longer finite.
void Train(isoquant::Context& context, const Dataset& data, const TrainOptions& options,
           const std::function<void(const Progress&)>& progress, const std::function<void()>& checkpoint,
           TrainState& state);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TRAINING_TRAIN_H_
