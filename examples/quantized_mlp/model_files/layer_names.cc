// Finds layers by the names that torch gives to weights.
#include "model_files/layer_names.h"

#include <map>
#include <stdexcept>
#include <utility>

namespace quantized_mlp {
namespace {

// What stands before the number of the layer ("layers.", "fc" or nothing), and its digits.
std::pair<std::string, std::string> SplitName(const std::string& layer) {
  const size_t digits = layer.find_last_not_of("0123456789") + 1;
  return {layer.substr(0, digits), layer.substr(digits)};
}

}  // namespace

std::string LayerOf(const std::string& name) {
  const std::string end = ".weight";
  const bool is_weight = name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  return is_weight ? name.substr(0, name.size() - end.size()) : "";
}

std::vector<std::string> LayerNames(const Tensors& tensors, const std::string& path) {
  std::map<std::pair<size_t, std::string>, std::string> layers;  // by length of the number, and number
  std::string prefix;
  for (const auto& [name, tensor] : tensors) {
    const std::string layer = LayerOf(name);
    const auto [before, number] = SplitName(layer);
    if (number.empty()) continue;  // no layer, and so left over
    if (!layers.empty() && before != prefix) {
      throw std::runtime_error(path + ": holds layers of several kinds, " + layers.begin()->second + " and " + layer);
    }
    prefix = before;
    layers[{number.size(), number}] = layer;
  }
  std::vector<std::string> names;
  for (const auto& [key, layer] : layers) names.push_back(layer);
  return names.empty() ? std::vector<std::string>{"layers.0"} : names;
}

}  // namespace quantized_mlp
