// The loop over epochs and batches.
#include "training/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "evaluation/measure.h"
#include "support/random.h"
#include "training/backprop.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxParameters = size_t{1} << 28;

// Uniform weights whose variance 2 / inputs keeps the size of activations through ReLU (He et al., 2015).
DenseLayer MakeLayer(size_t inputs, size_t outputs, Random& random) {
  DenseLayer layer{inputs, outputs, std::vector<float>(inputs * outputs), std::vector<float>(outputs)};
  const float limit = std::sqrt(6.0f / static_cast<float>(inputs));
  for (float& weight : layer.weight) weight = (2 * random.Uniform() - 1) * limit;
  return layer;
}

class Trainer {
 public:
  Trainer(isoquant::Context& context, const Dataset& data, const TrainOptions& options, TrainState& state)
      : context_(context),
        data_(data),
        options_(options),
        state_(state),
        backprop_(context),
        gradient_(ZerosLike(state.mlp)),
        start_(std::chrono::steady_clock::now()),
        first_epoch_(state.epoch) {
    // Shuffles first, so that a set that is sorted by label is fairly divided.
    order_ = Random(options.seed ^ 0x5eed).Permutation(data.size());
    const size_t held_back =
        std::min(static_cast<size_t>(options.validation * static_cast<double>(data.size())), data.size() - 1);
    validation_ = Select(data, order_.data(), order_.data() + held_back);
    order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(held_back));
  }

  void RunEpoch(const std::function<void(const Progress&)>& progress) {
    // The order depends on the number of the epoch alone, so that interrupted training goes on as if it had not
    // stopped.
    std::vector<size_t> order;
    for (const size_t i : Random(options_.seed + 1000003 * (state_.epoch + 1)).Permutation(order_.size())) {
      order.push_back(order_[i]);
    }
    Progress now;
    now.epoch = state_.epoch + 1;
    now.validation = std::numeric_limits<double>::quiet_NaN();
    double loss = 0;
    size_t right = 0;
    for (size_t begin = 0; begin < order.size(); begin += options_.batch) {
      const size_t end = std::min(begin + options_.batch, order.size());
      const Dataset batch = Select(data_, order.data() + begin, order.data() + end);
      const BatchResult result = backprop_.Run(state_.mlp, batch.images(), batch.labels.data(), gradient_);
      const double part = static_cast<double>(begin) / static_cast<double>(order.size());
      state_.optimizer.Step(
          gradient_, (static_cast<double>(state_.epoch) + part) / static_cast<double>(options_.epochs), state_.mlp);
      loss += result.loss;
      right += result.right;
      if (!std::isfinite(loss)) throw std::runtime_error("training diverges; try a smaller --learning-rate");
      now.part = static_cast<double>(end) / static_cast<double>(order.size());
      now.loss = loss / static_cast<double>(end);
      now.accuracy = static_cast<double>(right) / static_cast<double>(end);
      Time(now);
      if (end != order.size()) progress(now);
    }
    ++state_.epoch;
    Validate(now);
    progress(now);
  }

  bool IsDone() const {
    const bool stops = options_.patience != 0 && validation_.size() != 0;
    return state_.epoch >= options_.epochs || (stops && state_.epoch - state_.best_epoch >= options_.patience);
  }

 private:
  void Time(Progress& now) const {
    now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double done = static_cast<double>(now.epoch - 1 - first_epoch_) + now.part;
    now.seconds_left = now.seconds / done * (static_cast<double>(options_.epochs - first_epoch_) - done);
  }

  void Validate(Progress& now) {
    if (validation_.size() != 0) {
      const std::vector<float> logits = RunMlp(context_, state_.mlp, validation_.images());
      // Rounded as a checkpoint keeps it.
      now.validation = static_cast<float>(Accuracy(Classify(logits, state_.mlp.outputs()), validation_.labels));
    }
    if (validation_.size() != 0 && !(now.validation > state_.best_accuracy)) return;
    state_.best_accuracy = validation_.size() != 0 ? now.validation : -1;
    state_.best_epoch = state_.epoch;
    state_.best = state_.mlp;
  }

  isoquant::Context& context_;
  const Dataset& data_;
  const TrainOptions& options_;
  TrainState& state_;
  Backprop backprop_;
  Mlp gradient_;
  Dataset validation_;
  std::vector<size_t> order_;
  const std::chrono::steady_clock::time_point start_;
  const size_t first_epoch_;
};

}  // namespace

Mlp MakeMlp(const std::vector<size_t>& layers, uint64_t seed) {
  Random random(seed);
  Mlp mlp;
  size_t parameters = 0;
  for (size_t i = 1; i < layers.size(); ++i) {
    parameters += layers[i - 1] * layers[i];
    if (parameters > kMaxParameters) throw std::runtime_error("the network would have more than 2^28 weights");
    mlp.layers.push_back(MakeLayer(layers[i - 1], layers[i], random));
  }
  return mlp;
}

void Train(isoquant::Context& context, const Dataset& data, const TrainOptions& options,
           const std::function<void(const Progress&)>& progress, const std::function<void()>& checkpoint,
           TrainState& state) {
  Trainer trainer(context, data, options, state);
  while (!trainer.IsDone()) {
    trainer.RunEpoch(progress);
    checkpoint();
  }
}

}  // namespace quantized_mlp
