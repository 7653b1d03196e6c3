// Layer 4: LayerNormalization as exporters wrote it before version 17 of ONNX, with v = the mean of (x - mean)^2:
// (x - mean) / sqrt(v + epsilon) * weight + bias.
#include "graph/attributes.h"
#include "match/match.h"
#include "match/operands.h"
#include "match/path.h"

namespace isoquant_provider {
namespace {

// Whether the node is a mean of the last dimension, which stays as 1.
bool IsMeanOfRows(const Graph& graph, const Node& node) {
  if (!node.Is("ReduceMean") || IntOf(node, "keepdims", 1) == 0) return false;
  std::vector<int64_t> axes = IntsOf(node, "axes", {});
  if (node.Input(1) != kNone) {
    if (!graph.IsConstant(node.inputs[1]) || graph.At(node.inputs[1]).type != kInt64) return false;
    const TensorRef tensor = graph.Constant(node.inputs[1]);
    axes.assign(tensor.As<int64_t>(), tensor.As<int64_t>() + Count(tensor.dims));
  }
  const int64_t rank = static_cast<int64_t>(graph.At(node.inputs[0]).dims.size());
  return axes.size() == 1 && rank > 0 && (axes[0] == -1 || axes[0] == rank - 1);
}

// The one float of a constant.
bool FindNumber(const Graph& graph, int value, float& number) {
  if (!graph.IsConstant(value) || graph.At(value).type != kFloat) return false;
  const TensorRef tensor = graph.Constant(value);
  if (Count(tensor.dims) != 1) return false;
  number = tensor.As<float>()[0];
  return true;
}

// Takes a product or a sum with a constant for each element of a row, which becomes input `place`.
bool TakeRow(Path& path, const char* op, size_t place, Node& fused) {
  const Node* const next = path.Next(op);
  const int row = next == nullptr ? kNone : path.Other(*next);
  const Dims& x = path.graph.At(fused.inputs[0]).dims;
  if (!path.graph.IsConstant(row) || path.graph.At(row).type != kFloat) return false;
  const Dims& dims = path.graph.At(row).dims;
  if (dims.size() != 1 || dims[0] != x.back() || dims[0] < 2) return false;
  fused.inputs[place] = row;
  path.Take();
  return true;
}

void MatchOne(Graph& graph, int start) {
  const Node& mean = graph.NodeAt(start);
  if (mean.is_dead || !IsMeanOfRows(graph, mean) || graph.At(mean.inputs[0]).type != kFloat) return;
  const int x = mean.inputs[0];
  Node fused = MakeFused(mean, kLayerNormalization);
  fused.inputs = {x, kNone, kNone};
  Path path{graph, {start}, mean.outputs[0]};
  const Node* const subtract = path.Next("Sub");
  if (subtract == nullptr || subtract->inputs[0] != x) return;
  path.Take();
  // The difference goes two ways.
  const int difference = path.value;
  const std::vector<int>& users = graph.At(difference).consumers;
  if (graph.At(difference).is_output || users.size() != 2) return;
  const bool is_first = graph.NodeAt(users[0]).Is("Pow");
  const int square = users[is_first ? 0 : 1], quotient = users[is_first ? 1 : 0];
  float number = 0.0f;
  if (!graph.NodeAt(square).Is("Pow") || graph.NodeAt(square).inputs[0] != difference ||
      !FindNumber(graph, graph.NodeAt(square).inputs[1], number) || number != 2.0f) {
    return;
  }
  path.nodes.push_back(square);
  path.value = graph.NodeAt(square).outputs[0];
  const Node* const variance = path.Next("ReduceMean");
  if (variance == nullptr || variance->inputs[0] != path.value || !IsMeanOfRows(graph, *variance)) return;
  path.Take();
  const Node* const add = path.Next("Add");
  if (add == nullptr || !FindNumber(graph, path.Other(*add), fused.parameter)) return;
  path.Take();
  if (path.Next("Sqrt") == nullptr) return;
  path.Take();
  const Node* const divide = path.Next("Div");
  if (divide == nullptr || graph.OnlyConsumer(path.value) != quotient || divide->inputs[0] != difference) return;
  path.Take();
  if (!TakeRow(path, "Mul", 1, fused)) return;
  TakeRow(path, "Add", 2, fused);
  fused.outputs = {path.value};
  graph.Replace(path.nodes, fused);
}

}  // namespace

void MatchLayerNorm(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i));
}

}  // namespace isoquant_provider
