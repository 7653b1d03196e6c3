// Layer 4: GELU as exporters write it, x * (1 + erf(x / sqrt(2))) * 0.5 with the factors in any order, becomes Gelu.
#include <cmath>

#include "match/match.h"
#include "match/operands.h"
#include "match/path.h"

namespace isoquant_provider {
namespace {

// Whether the value is a constant that is this number, but for its last digits.
bool IsNumber(const Graph& graph, int value, float number) {
  if (!graph.IsConstant(value) || graph.At(value).type != kFloat) return false;
  const TensorRef tensor = graph.Constant(value);
  return Count(tensor.dims) == 1 && std::abs(tensor.As<float>()[0] - number) < 1e-4f;
}

// What the node multiplies `value` by, or kNone.
int Factor(const Path& path) {
  const Node* const multiply = path.Next("Mul");
  return multiply == nullptr ? kNone : path.Other(*multiply);
}

void MatchOne(Graph& graph, int start) {
  const Node& scale = graph.NodeAt(start);
  const bool is_quotient = scale.Is("Div") && IsNumber(graph, scale.Input(1), 1.41421356f);
  const bool is_product = scale.Is("Mul") && IsNumber(graph, scale.Input(1), 0.70710678f);
  if (scale.is_dead || (!is_quotient && !is_product)) return;
  const int x = scale.inputs[0];
  Path path{graph, {start}, scale.outputs[0]};
  if (path.Next("Erf") == nullptr) return;
  path.Take();
  const Node* const add = path.Next("Add");
  if (add == nullptr || !IsNumber(graph, path.Other(*add), 1.0f)) return;
  path.Take();
  // By x and by 0.5, or by 0.5 and by x, or by x * 0.5.
  for (bool has_x = false, has_half = false; !has_x || !has_half; path.Take()) {
    const int factor = Factor(path);
    if (factor == kNone) return;
    const int producer = graph.At(factor).producer;
    if (factor == x && !has_x) {
      has_x = true;
    } else if (IsNumber(graph, factor, 0.5f) && !has_half) {
      has_half = true;
    } else if (producer != kNone && graph.NodeAt(producer).Is("Mul") && !has_x && !has_half &&
               graph.OnlyConsumer(factor) != kNone && graph.NodeAt(producer).inputs[0] == x &&
               IsNumber(graph, graph.NodeAt(producer).inputs[1], 0.5f)) {
      path.nodes.push_back(producer);
      has_x = has_half = true;
    } else {
      return;
    }
  }
  Node fused = MakeFused(scale, kGelu);
  fused.inputs = {x};
  fused.outputs = {path.value};
  graph.Replace(path.nodes, fused);
}

}  // namespace

void MatchGelu(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i));
}

}  // namespace isoquant_provider
