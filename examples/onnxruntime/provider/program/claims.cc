#include "program/claims.h"

#include <algorithm>
#include <numeric>

#include "kernels/kernel.h"
#include "program/levels.h"

namespace isoquant_provider {
namespace {

Flags FindClaimed(const Graph& graph) {
  const auto& nodes = graph.nodes();
  Flags is_claimed(nodes.size()), is_between(nodes.size());
  bool has_integers = false;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const KernelType* const type = nodes[i].is_dead ? nullptr : FindKernel(graph, nodes[i]);
    is_claimed[i] = type != nullptr;
    is_between[i] = is_claimed[i] && type->role == Role::kBetween;
    has_integers = has_integers || (is_claimed[i] && type->role == Role::kInteger);
  }
  if (!has_integers) return Flags(nodes.size());
  const auto claimed = [&](size_t i) { return static_cast<bool>(is_claimed[i]); };
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!is_between[i] || !is_claimed[i]) continue;
      const auto is_output = [&](int value) { return value != kNone && graph.At(value).is_output; };
      const bool is_wanted = AnyConsumer(graph, nodes[i], claimed) ||
                             std::any_of(nodes[i].outputs.begin(), nodes[i].outputs.end(), is_output);
      if (AnyInput(graph, nodes[i], claimed) && is_wanted) continue;
      is_claimed[i] = false;
      has_changed = true;
    }
  }
  return is_claimed;
}

size_t RootOf(std::vector<size_t>& parents, size_t i) {
  while (parents[i] != i) i = parents[i] = parents[parents[i]];
  return i;
}

bool IsIntegerNode(const Graph& graph, const Node& node) {
  static const char* const kOperators[] = {"ConvInteger",          "MatMulInteger",  "QLinearConv",
                                           "QLinearMatMul",        "QuantizeLinear", "DequantizeLinear",
                                           "DynamicQuantizeLinear"};
  const std::string op = OperatorOf(node);
  if (op == "Conv" || op == "MatMul" || op == "Gemm") {
    const auto is_dequantized = [&](size_t i) {
      const int value = node.Input(i), producer = value == kNone ? kNone : graph.At(value).producer;
      return producer != kNone && graph.NodeAt(producer).Is("DequantizeLinear");
    };
    return !node.read_through.empty() || (is_dequantized(0) && is_dequantized(1));
  }
  if (std::find(std::begin(kOperators), std::end(kOperators), op) == std::end(kOperators)) return false;
  const int value = op == "QuantizeLinear" || op == "DynamicQuantizeLinear" ? node.outputs[0] : node.inputs[0];
  return value != kNone && IsByte(graph.At(value).type);
}

}  // namespace

Claims FindClaims(const Graph& graph) {
  const auto& nodes = graph.nodes();
  Flags is_claimed = FindClaimed(graph);
  const std::vector<int> levels = FindLevels(graph, is_claimed);
  std::vector<size_t> parents(nodes.size());
  std::iota(parents.begin(), parents.end(), size_t{0});
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!is_claimed[i]) continue;
    const auto join = [&](size_t other) {
      if (is_claimed[other] && levels[other] == levels[i]) parents[RootOf(parents, other)] = RootOf(parents, i);
      return false;
    };
    AnyInput(graph, nodes[i], join);
    for (const int through : nodes[i].read_through) join(static_cast<size_t>(through));
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
