// Layer 4: Add, Mul, activations and Clip between DequantizeLinear and QuantizeLinear: floats that no memory need hold.
#include "match/activations.h"
#include "match/match.h"
#include "match/operands.h"
#include "match/path.h"
#include "match/quantized.h"

namespace isoquant_provider {
namespace {

bool TakeSource(const Graph& graph, int value, ElementOperand q, Node& fused) {
  Quantized x;
  if (!FindQuantized(graph, value, x) || !x.is_one_scale || !IsByte(graph.At(x.q).type)) return false;
  fused.inputs[q] = x.q;
  fused.inputs[q + 1] = x.scale;
  fused.inputs[q + 2] = x.zero;
  fused.read_through.push_back(x.node);
  return true;
}

void MatchOne(Graph& graph, int i) {
  const Node& node = graph.NodeAt(i);
  if (node.is_dead) return;
  const bool is_product = node.Is("Mul"), is_binary = is_product || node.Is("Add");
  Node fused = MakeFused(node, is_product ? kMultiplyBytes : kElementsBytes);
  fused.inputs.assign(kNumElementOperands, kNone);
  if (!is_binary && !FindActivation(node, fused.activation, fused.parameter) && !FindLimits(graph, node, fused)) return;
  if (!TakeSource(graph, node.inputs[0], kA, fused)) return;
  if (is_binary && !TakeSource(graph, node.inputs[1], kB, fused)) return;
  Path path{graph, {i}, node.outputs[0]};
  if (is_binary) TakeActivation(path, fused);
  if (!node.Is("Clip")) TakeClip(path, fused);
  const Node* const quantize = path.Next("QuantizeLinear");
  if (quantize == nullptr || quantize->inputs[0] != path.value || !IsByte(graph.At(quantize->outputs[0]).type)) return;
  const Dims& scale = graph.At(quantize->inputs[1]).dims;
  if (scale.size() > 1 || (scale.size() == 1 && scale[0] != 1)) return;
  fused.inputs[kC + 1] = quantize->inputs[1];
  fused.inputs[kC + 2] = quantize->Input(2);
  path.Take();
  fused.outputs = {path.value};
  graph.Replace(path.nodes, fused);
}

}  // namespace

void MatchQdqElements(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i));
}

}  // namespace isoquant_provider
