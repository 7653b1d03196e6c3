#include "graph/attributes.h"
#include "match/match.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

bool JoinsImages(const Graph& graph, const Node& concat) {
  const size_t rank = graph.At(concat.outputs[0]).dims.size();
  const int64_t axis = IntOf(concat, "axis", 0);
  return rank == 4 && (axis == 1 || axis == -3) && graph.At(concat.outputs[0]).type == kFloat;
}

}  // namespace

void MatchConcatQuantize(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& concat = graph.nodes()[i];
    if (concat.is_dead || !concat.Is("Concat") || !JoinsImages(graph, concat)) continue;
    const int consumer = graph.OnlyConsumer(concat.outputs[0]);
    if (consumer == kNone || !graph.NodeAt(consumer).Is("DynamicQuantizeLinear")) continue;
    Node fused = MakeFused(graph.NodeAt(consumer), kConcatQuantize);
    fused.inputs = concat.inputs;
    fused.outputs = graph.NodeAt(consumer).outputs;
    graph.Replace({static_cast<int>(i), consumer}, fused);
  }
}

}  // namespace isoquant_provider
