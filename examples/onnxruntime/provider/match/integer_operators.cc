#include "match/match.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

// Where the inputs of an operator go.
struct Rule {
  const char *op, *fused;
  std::vector<Operand> places;
};

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> rules = {
      {"ConvInteger", kConvSums, {kX, kW, kXZero, kWZero}},
      {"MatMulInteger", kMatMulSums, {kX, kW, kXZero, kWZero}},
      {"QLinearConv", kConvBytes, {kX, kXScale, kXZero, kW, kWScale, kWZero, kYScale, kYZero, kBias}},
      {"QLinearMatMul", kMatMulBytes, {kX, kXScale, kXZero, kW, kWScale, kWZero, kYScale, kYZero}},
  };
  return rules;
}

}  // namespace

void MatchIntegerOperators(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    for (const Rule& rule : Rules()) {
      if (node.is_dead || !node.Is(rule.op)) continue;
      Node fused = MakeFused(node, rule.fused);
      for (size_t p = 0; p < rule.places.size(); ++p) fused.inputs[rule.places[p]] = node.Input(p);
      fused.outputs = node.outputs;
      graph.Replace({static_cast<int>(i)}, fused);
      break;
    }
  }
}

void MatchAll(Graph& graph, HasKernel has_kernel) {
  MatchGelu(graph);
  MatchLayerNorm(graph);
  MatchIntegerOperators(graph);
  MatchDynamicGroups(graph);
  MatchQdqGroups(graph);
  MatchQdqMoves(graph, has_kernel);
  MatchQdqElements(graph);
  MatchConcatQuantize(graph);
}

}  // namespace isoquant_provider
