// Layer 2: what quantisers write behind a sum of integers: back to floats, a bias, an activation, a residual.
#include <algorithm>

#include "match/match.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

// Walks along values that have one consumer each, and keeps the nodes of the path.
struct Path {
  Graph& graph;
  std::vector<int> nodes;
  int value;

  // The only consumer, if it is `op`, or null.
  const Node* Next(const char* op) const {
    const int consumer = graph.OnlyConsumer(value);
    return consumer != kNone && graph.NodeAt(consumer).Is(op) ? &graph.NodeAt(consumer) : nullptr;
  }
  void Take() {
    nodes.push_back(graph.OnlyConsumer(value));
    value = graph.NodeAt(nodes.back()).outputs[0];
  }
  // The input of a node of two inputs that is not `value`.
  int Other(const Node& node) const { return node.inputs[0] == value ? node.inputs[1] : node.inputs[0]; }
};

// Whether the constant has one element for each of the output channels: of an image (place 1 of `rank`), or of a
// matrix (the last place); or one for all.
bool IsPerChannel(const Graph& graph, int value, size_t rank, bool is_image) {
  if (!graph.IsConstant(value) || graph.At(value).type != kFloat) return false;
  const TensorRef tensor = graph.Constant(value);
  if (tensor.dims.size() > rank) return false;
  const size_t channels = is_image ? 1 : rank - 1;
  for (size_t i = 0; i < tensor.dims.size(); ++i) {
    if (tensor.dims[i] != 1 && i + (rank - tensor.dims.size()) != channels) return false;
  }
  return true;
}

bool TakeActivation(Path& path, Node& fused) {
  const auto take = [&](const char* op, isoquant::Activation activation) {
    if (path.Next(op) == nullptr) return false;
    fused.activation = activation;
    path.Take();
    return true;
  };
  return take("Relu", isoquant::Activation::kRelu);
}

void MatchOne(Graph& graph, int start) {
  const Node& sums = graph.NodeAt(start);
  const bool is_image = sums.op == kConvSums;
  Path path{graph, {start}, sums.outputs[0]};
  if (path.Next("Cast") == nullptr) return;
  path.Take();
  if (graph.At(path.value).type != kFloat) return;
  // Mul(x_scale, w_scale) -> Mul(sums)
  const Node* const scaling = path.Next("Mul");
  if (scaling == nullptr) return;
  const int product = path.Other(*scaling);
  const int producer = product == kNone ? kNone : graph.At(product).producer;
  if (producer == kNone || !graph.NodeAt(producer).Is("Mul") || graph.OnlyConsumer(product) == kNone) return;
  const Node& of_scales = graph.NodeAt(producer);
  const size_t rank = graph.At(path.value).dims.size();
  int x_scale = of_scales.inputs[0], w_scale = of_scales.inputs[1];
  if (!graph.IsConstant(w_scale)) std::swap(x_scale, w_scale);
  if (rank < 2 || !IsPerChannel(graph, w_scale, rank, is_image) || graph.At(x_scale).type != kFloat) return;
  if (Count(graph.At(x_scale).dims) != 1) return;

  Node fused = MakeFused(sums, is_image ? kConvFloats : kMatMulFloats);
  fused.inputs = sums.inputs;
  fused.inputs[kXScale] = x_scale;
  fused.inputs[kWScale] = w_scale;
  path.nodes.push_back(producer);
  path.Take();
  const Node* add = path.Next("Add");
  if (add != nullptr && IsPerChannel(graph, path.Other(*add), rank, is_image)) {
    fused.inputs[kBias] = path.Other(*add);
    path.Take();
  }
  TakeActivation(path, fused);
  add = path.Next("Add");
  if (add != nullptr && !graph.IsConstant(path.Other(*add)) && graph.SameShape(path.value, path.Other(*add))) {
    fused.inputs[kResidual] = path.Other(*add);
    path.Take();
  }
  fused.outputs = {path.value};
  graph.Replace(path.nodes, fused);
}

}  // namespace

void MatchDynamicGroups(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (!node.is_dead && node.domain == kFusedDomain && (node.op == kConvSums || node.op == kMatMulSums)) {
      MatchOne(graph, static_cast<int>(i));
    }
  }
}

}  // namespace isoquant_provider
