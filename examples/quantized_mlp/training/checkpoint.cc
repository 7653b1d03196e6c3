// A checkpoint holds "layers.0.weight" and so on, as any file of weights, and the rest of the state under other names.
#include "training/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "model_files/network_tensors.h"

namespace quantized_mlp {
namespace {

const char* const kParts[] = {"best.", "first.", "second."};
const char* const kCounts = "progress";  // epoch, best_epoch, steps, best_accuracy

constexpr float kMaxCount = 1 << 24;  // f32 is exact up to here

Mlp TakePart(Tensors& tensors, const std::string& path, const std::string& prefix) {
  Tensors part;
  for (auto it = tensors.begin(); it != tensors.end();) {
    if (it->first.compare(0, prefix.size(), prefix) == 0) {
      part[it->first.substr(prefix.size())] = it->second;
      it = tensors.erase(it);
    } else {
      ++it;
    }
  }
  return FromTensors(part, path);
}

}  // namespace

Tensors ToCheckpoint(const TrainState& state) {
  Tensors tensors = ToTensors(state.mlp);
  const Mlp* const parts[] = {&state.best, &state.optimizer.first, &state.optimizer.second};
  for (size_t i = 0; i < 3; ++i) {
    for (auto& [name, tensor] : ToTensors(*parts[i])) tensors[kParts[i] + name] = tensor;
  }
  tensors[kCounts] = {{4},
                      {static_cast<float>(state.epoch), static_cast<float>(state.best_epoch),
                       static_cast<float>(state.optimizer.steps), static_cast<float>(state.best_accuracy)}};
  return tensors;
}

TrainState FromCheckpoint(Tensors tensors, const std::string& path, const TrainOptions& options) {
  const std::vector<float> counts = GetTensor(tensors, path, kCounts, Dtype::kF32, {4}).values;
  tensors.erase(kCounts);
  for (size_t i = 0; i < 3; ++i) {
    if (counts[i] < 0 || counts[i] > kMaxCount || counts[i] != std::floor(counts[i])) {
      throw std::runtime_error(path + ": tensor progress holds a value that is no count");
    }
  }
  Mlp parts[3];
  for (size_t i = 0; i < 3; ++i) parts[i] = TakePart(tensors, path, kParts[i]);
  TrainState state(options.optimizer, FromTensors(tensors, path));
  std::string wanted = std::to_string(options.layers[0]);
  for (size_t i = 1; i < options.layers.size(); ++i) wanted += "-" + std::to_string(options.layers[i]);
  for (const Mlp* mlp : {&state.mlp, &parts[0], &parts[1], &parts[2]}) {
    for (const DenseLayer& layer : mlp->layers) {
      if (layer.bias.empty()) throw std::runtime_error(path + ": a checkpoint without a bias");
    }
    if (Describe(*mlp) != wanted) throw std::runtime_error(path + ": a checkpoint of other layers than " + wanted);
  }
  state.best = parts[0];
  state.optimizer.first = parts[1];
  state.optimizer.second = parts[2];
  state.epoch = static_cast<size_t>(counts[0]);
  state.best_epoch = std::min(static_cast<size_t>(counts[1]), state.epoch);
  state.optimizer.steps = static_cast<size_t>(counts[2]);
  state.best_accuracy = static_cast<double>(counts[3]);
  return state;
}

}  // namespace quantized_mlp
