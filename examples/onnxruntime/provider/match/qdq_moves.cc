// Layer 4: operators that only choose or move elements. Between floats and bytes of one scale they give the same bytes.
#include "match/match.h"
#include "match/operands.h"
#include "match/quantized.h"

namespace isoquant_provider {
namespace {

// One positive scale that is far from overflow and underflow, so that q comes back from (q - zero) * scale; and a zero
// point, all constants.
struct Rule {
  Type type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  float scale = 0.0f;
  int zero = 0;

  bool operator==(const Rule& other) const { return type == other.type && scale == other.scale && zero == other.zero; }
};

bool FindRule(const Graph& graph, int q, int scale, int zero, Rule& rule) {
  rule.type = graph.At(q).type;
  if (!IsByte(rule.type) || !graph.IsConstant(scale) || graph.At(scale).type != kFloat) return false;
  const TensorRef scales = graph.Constant(scale);
  if (Count(scales.dims) != 1) return false;
  rule.scale = scales.As<float>()[0];
  if (!(rule.scale > 0x1p-100f && rule.scale < 0x1p100f)) return false;
  if (zero == kNone) return true;
  if (!graph.IsConstant(zero)) return false;
  const TensorRef zeros = graph.Constant(zero);
  if (zeros.type != rule.type || Count(zeros.dims) != 1) return false;
  rule.zero = rule.type == kUint8 ? int{zeros.As<uint8_t>()[0]} : int{zeros.As<int8_t>()[0]};
  return true;
}

void MatchOne(Graph& graph, int i) {
  const Node& node = graph.NodeAt(i);
  const bool is_pool = node.Is("MaxPool") && node.outputs.size() == 1;
  if (node.is_dead || (!is_pool && !node.Is("Concat"))) return;
  const int consumer = graph.OnlyConsumer(node.outputs[0]);
  if (consumer == kNone || !graph.NodeAt(consumer).Is("QuantizeLinear")) return;
  const Node& quantize = graph.NodeAt(consumer);
  Rule output;
  if (!FindRule(graph, quantize.outputs[0], quantize.inputs[1], quantize.Input(2), output)) return;
  Node fused = MakeFused(node, is_pool ? kMaxPool : kConcat);
  fused.inputs.clear();
  for (const int value : node.inputs) {
    Quantized x;
    Rule rule;
    if (!FindQuantized(graph, value, x) || !FindRule(graph, x.q, x.scale, x.zero, rule) || !(rule == output)) return;
    fused.inputs.push_back(x.q);
    fused.read_through.push_back(x.node);
  }
  fused.outputs = quantize.outputs;
  graph.Replace({i, consumer}, fused);
}

}  // namespace

void MatchQdqMoves(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i));
}

}  // namespace isoquant_provider
