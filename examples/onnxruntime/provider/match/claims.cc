#include "match/claims.h"

#include <algorithm>
#include <numeric>

#include "kernels/kernel.h"

namespace isoquant_provider {
namespace {

// Of each node of a graph, or of none that is dead.
using Flags = std::vector<bool>;

template <class F>
bool AnyInput(const Graph& graph, const Node& node, const F& f) {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](int value) {
    return value != kNone && graph.At(value).producer != kNone && f(static_cast<size_t>(graph.At(value).producer));
  });
}
template <class F>
bool AnyConsumer(const Graph& graph, const Node& node, const F& f) {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](int value) {
    const std::vector<int> none;
    const auto& consumers = value == kNone ? none : graph.At(value).consumers;
    return std::any_of(consumers.begin(), consumers.end(), [&](int i) { return f(static_cast<size_t>(i)); });
  });
}

Flags FindClaimed(const Graph& graph, const std::vector<std::string>& disabled) {
  const auto& nodes = graph.nodes();
  Flags is_claimed(nodes.size()), is_between(nodes.size());
  bool has_integers = false;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const KernelType* const type = nodes[i].is_dead ? nullptr : FindKernel(graph, nodes[i]);
    const bool is_disabled = std::find(disabled.begin(), disabled.end(), OperatorOf(nodes[i])) != disabled.end();
    is_claimed[i] = type != nullptr && !is_disabled;
    is_between[i] = is_claimed[i] && type->role == Role::kBetween;
    has_integers = has_integers || (is_claimed[i] && type->role == Role::kInteger);
  }
  if (!has_integers) return Flags(nodes.size());
  const auto claimed = [&](size_t i) { return static_cast<bool>(is_claimed[i]); };
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!is_between[i] || !is_claimed[i]) continue;
      if (AnyInput(graph, nodes[i], claimed) && AnyConsumer(graph, nodes[i], claimed)) continue;
      is_claimed[i] = false;
      has_changed = true;
    }
  }
  return is_claimed;
}

// How often a path to a node has left claimed nodes and come back. Claimed nodes of one level can be one region.
std::vector<int> FindLevels(const Graph& graph, const Flags& is_claimed) {
  std::vector<int> levels(graph.nodes().size());
  for (size_t i = 0; i < levels.size(); ++i) {
    if (graph.nodes()[i].is_dead) continue;
    AnyInput(graph, graph.nodes()[i], [&](size_t producer) {
      const bool leaves = is_claimed[producer] && !is_claimed[i];
      levels[i] = std::max(levels[i], levels[producer] + (leaves ? 1 : 0));
      return false;
    });
  }
  return levels;
}

size_t RootOf(std::vector<size_t>& parents, size_t i) {
  while (parents[i] != i) i = parents[i] = parents[parents[i]];
  return i;
}

bool IsIntegerNode(const Graph& graph, const Node& node) {
  static const char* const kOperators[] = {"ConvInteger",          "MatMulInteger",  "QLinearConv",
                                           "QLinearMatMul",        "QuantizeLinear", "DequantizeLinear",
                                           "DynamicQuantizeLinear"};
  const std::string& op = OperatorOf(node);
  if (std::find(std::begin(kOperators), std::end(kOperators), op) == std::end(kOperators)) return false;
  const int value = op == "QuantizeLinear" || op == "DynamicQuantizeLinear" ? node.outputs[0] : node.inputs[0];
  return value != kNone && IsByte(graph.At(value).type);
}

}  // namespace

Claims FindClaims(const Graph& graph, const std::vector<std::string>& disabled) {
  const auto& nodes = graph.nodes();
  const Flags is_claimed = FindClaimed(graph, disabled);
  const std::vector<int> levels = FindLevels(graph, is_claimed);
  std::vector<size_t> parents(nodes.size());
  std::iota(parents.begin(), parents.end(), size_t{0});
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!is_claimed[i]) continue;
    AnyInput(graph, nodes[i], [&](size_t producer) {
      if (is_claimed[producer] && levels[producer] == levels[i])
        parents[RootOf(parents, producer)] = RootOf(parents, i);
      return false;
    });
  }
  Claims claims;
  std::vector<std::vector<size_t>> regions(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_dead) continue;
    const auto& sources = nodes[i].sources;
    if (is_claimed[i]) {
      auto& region = regions[RootOf(parents, i)];
      region.insert(region.end(), sources.begin(), sources.end());
    } else if (IsIntegerNode(graph, nodes[i])) {
      claims.left.insert(claims.left.end(), sources.begin(), sources.end());
    }
  }
  for (auto& region : regions) {
    std::sort(region.begin(), region.end());
    if (!region.empty()) claims.regions.push_back(std::move(region));
  }
  return claims;
}

}  // namespace isoquant_provider
