// Layer 4: operators that only choose or move elements. Between floats and bytes of one scale they give the same bytes.
#include <algorithm>
#include <cmath>

#include "graph/attributes.h"
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

// How many inputs, from the first one on, are what is moved. 0: the operator does something else.
size_t NumMoved(const Node& node) {
  static const char* const kOperators[] = {"Flatten", "Gather",  "Pad",       "Reshape",  "Slice",
                                           "Split",   "Squeeze", "Transpose", "Unsqueeze"};
  if (!node.domain.empty()) return 0;
  if (node.op == "Concat") return node.inputs.size();
  if (node.op == "MaxPool") return node.outputs.size() == 1 ? 1 : 0;
  if (node.op == "Resize") return StringOf(node, "mode", "nearest") == "nearest" ? 1 : 0;
  const auto is_it = [&](const char* op) { return node.op == op; };
  return std::any_of(std::begin(kOperators), std::end(kOperators), is_it) ? 1 : 0;
}

// The number that Pad puts around: quantised, for a copy of bytes. Its input goes.
bool TakePadding(const Graph& graph, const Node& pad, const Rule& rule, Node& fused) {
  float value = FloatOf(pad, "value", 0.0f);
  if (pad.Input(2) != kNone) {
    int number = pad.inputs[2];
    Quantized padding;
    Rule other;
    if (FindQuantized(graph, number, padding)) {
      if (!FindRule(graph, padding.q, padding.scale, padding.zero, other) || !graph.IsConstant(padding.q)) return false;
      const TensorRef q = graph.Constant(padding.q);
      if (Count(q.dims) != 1) return false;
      const int byte = other.type == kUint8 ? int{q.As<uint8_t>()[0]} : int{q.As<int8_t>()[0]};
      value = static_cast<float>(byte - other.zero) * other.scale;
    } else {
      if (!graph.IsConstant(number) || graph.At(number).type != kFloat) return false;
      if (Count(graph.Constant(number).dims) != 1) return false;
      value = graph.Constant(number).As<float>()[0];
    }
    fused.inputs[2] = kNone;
  }
  const float low = rule.type == kUint8 ? 0.0f : -128.0f, steps = std::nearbyint(value / rule.scale);
  // Limited first, because sums of large numbers are rounded.
  const float q = std::min(512.0f, std::max(-512.0f, steps)) + static_cast<float>(rule.zero);
  fused.parameter = std::min(low + 255.0f, std::max(low, q));
  return value == value;
}

// The consumers of all outputs, if each has only one, which is a QuantizeLinear by one and the same rule.
bool FindQuantizers(const Graph& graph, const Node& node, Rule& rule, std::vector<int>& quantizers) {
  for (const int value : node.outputs) {
    const int consumer = graph.OnlyConsumer(value);
    if (consumer == kNone || !graph.NodeAt(consumer).Is("QuantizeLinear")) return false;
    const Node& quantize = graph.NodeAt(consumer);
    Rule found;
    if (quantize.inputs[0] != value) return false;
    if (!FindRule(graph, quantize.outputs[0], quantize.inputs[1], quantize.Input(2), found)) return false;
    if (!quantizers.empty() && !(found == rule)) return false;
    rule = found;
    quantizers.push_back(consumer);
  }
  return true;
}

void MatchOne(Graph& graph, int i, HasKernel has_kernel) {
  const Node& node = graph.NodeAt(i);
  const size_t moved = node.is_dead ? 0 : NumMoved(node);
  Rule output;
  std::vector<int> replaced;
  if (moved == 0 || !FindQuantizers(graph, node, output, replaced)) return;
  Node fused = MakeFused(node, node.op.c_str());
  fused.inputs = node.inputs;
  fused.outputs.clear();
  for (const int quantizer : replaced) fused.outputs.push_back(graph.NodeAt(quantizer).outputs[0]);
  for (size_t place = 0; place < moved; ++place) {
    Quantized x;
    Rule rule;
    if (!FindQuantized(graph, node.inputs[place], x)) return;
    if (!FindRule(graph, x.q, x.scale, x.zero, rule) || !(rule == output)) return;
    fused.inputs[place] = x.q;
    fused.read_through.push_back(x.node);
  }
  if (node.op == "Pad" && !TakePadding(graph, node, output, fused)) return;
  if (!has_kernel(graph, fused)) return;
  replaced.push_back(i);
  graph.Replace(replaced, fused, i);  // there, for consumers of Split's parts may come before the last QuantizeLinear
}

}  // namespace

void MatchQdqMoves(Graph& graph, HasKernel has_kernel) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i), has_kernel);
}

}  // namespace isoquant_provider
