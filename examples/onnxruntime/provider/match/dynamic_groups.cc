// Layer 4: what quantisers write behind a sum of integers: back to floats, a bias, an activation, a residual.
#include <algorithm>

#include "match/match.h"
#include "match/operands.h"
#include "match/path.h"

namespace isoquant_provider {
namespace {

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
  TakeTail(path, rank, fused);
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
