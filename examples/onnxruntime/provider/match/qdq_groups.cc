// Layer 4: models that say "quantised" by pairs of DequantizeLinear and QuantizeLinear around operators of floats.
#include <algorithm>
#include <cmath>

#include "graph/attributes.h"
#include "match/match.h"
#include "match/operands.h"
#include "match/path.h"
#include "match/quantized.h"

namespace isoquant_provider {
namespace {

// Takes both operands: x with one scale, weights with one or with one for each output, at place `channels`.
bool TakeOperands(const Graph& graph, const Node& node, int64_t channels, Node& fused) {
  Quantized x, w;
  if (!FindQuantized(graph, node.Input(0), x) || !FindQuantized(graph, node.Input(1), w)) return false;
  if (!IsByte(graph.At(x.q).type) || !IsByte(graph.At(w.q).type) || !x.is_one_scale) return false;
  if (!w.is_one_scale && w.axis != channels) return false;
  fused.inputs[kX] = x.q, fused.inputs[kXScale] = x.scale, fused.inputs[kXZero] = x.zero;
  fused.inputs[kW] = w.q, fused.inputs[kWScale] = w.scale, fused.inputs[kWZero] = w.zero;
  fused.read_through = {x.node, w.node};
  return true;
}

// Whether `bias` is made of integers whose scales are those of the sums, so that it can be added to them. ONNX says so
// of QLinearConv; exporters round the product in their own ways.
bool IsBiasOfSums(const Graph& graph, const Node& fused, const Quantized& bias) {
  for (const int value : {bias.scale, fused.inputs[kXScale], fused.inputs[kWScale]}) {
    if (!graph.IsConstant(value)) return false;
  }
  if (bias.zero != kNone) {
    if (!graph.IsConstant(bias.zero)) return false;
    const TensorRef zero = graph.Constant(bias.zero);
    for (size_t i = 0; i < Count(zero.dims); ++i) {
      if (zero.As<int32_t>()[i] != 0) return false;
    }
  }
  const TensorRef b = graph.Constant(bias.scale), w = graph.Constant(fused.inputs[kWScale]);
  const float x = graph.Constant(fused.inputs[kXScale]).As<float>()[0];
  const size_t b_count = Count(b.dims), w_count = Count(w.dims), count = std::max(b_count, w_count);
  if ((b_count != 1 && b_count != count) || (w_count != 1 && w_count != count)) return false;
  for (size_t i = 0; i < count; ++i) {
    const float scale = b.As<float>()[b_count == 1 ? 0 : i], product = x * w.As<float>()[w_count == 1 ? 0 : i];
    if (!(std::abs(scale - product) <= 1e-5f * std::abs(product))) return false;
  }
  return true;
}

// ... -> Relu -> QuantizeLinear: to bytes at once.
bool TakeQuantize(Path& path, const char* op, Node& fused) {
  const Graph& graph = path.graph;
  Quantized bias;
  if (fused.inputs[kBias] != kNone) {
    if (!FindQuantized(graph, fused.inputs[kBias], bias) || graph.At(bias.q).type != kInt32) return false;
    if (!IsBiasOfSums(graph, fused, bias)) return false;
  }
  Path ahead = path;
  Node bytes = fused;
  if (ahead.Next("Relu") != nullptr) TakeActivation(ahead, bytes);
  TakeClip(ahead, bytes);
  const Node* const quantize = ahead.Next("QuantizeLinear");
  if (quantize == nullptr || quantize->inputs[0] != ahead.value || !IsByte(graph.At(quantize->outputs[0]).type)) {
    return false;
  }
  const Dims& scale = graph.At(quantize->inputs[1]).dims;
  if (scale.size() > 1 || (scale.size() == 1 && scale[0] != 1)) return false;
  if (bytes.activation != fused.activation || bytes.min != fused.min || bytes.max != fused.max) {
    // A limit of floats is one of bytes if the scale is positive.
    if (!graph.IsConstant(quantize->inputs[1]) || !(graph.Constant(quantize->inputs[1]).As<float>()[0] > 0.0f)) {
      return false;
    }
  }
  bytes.op = op;
  bytes.inputs[kYScale] = quantize->inputs[1];
  bytes.inputs[kYZero] = quantize->Input(2);
  if (bias.node != kNone) {
    bytes.inputs[kBias] = bias.q;
    bytes.read_through.push_back(bias.node);
  }
  ahead.Take();
  bytes.outputs = {ahead.value};
  fused = bytes;
  path.nodes = ahead.nodes;
  path.value = ahead.value;
  return true;
}

// A bias of one dimension (Gemm: or of a single row) that has an element for each of n outputs.
bool IsBias(const Graph& graph, int value, int64_t n) {
  if (value == kNone) return true;
  const Dims& dims = graph.At(value).dims;
  return (dims.size() == 1 || (dims.size() == 2 && dims[0] == 1)) && dims.back() == n && n >= 0;
}

void MatchOne(Graph& graph, int i) {
  const Node& node = graph.NodeAt(i);
  const bool is_conv = node.Is("Conv"), is_gemm = node.Is("Gemm");
  if (node.is_dead || (!is_conv && !is_gemm && !node.Is("MatMul"))) return;
  const size_t w_rank = node.Input(1) == kNone ? 0 : graph.At(node.inputs[1]).dims.size();
  if (w_rank < 2 || (is_gemm && w_rank != 2)) return;
  Node fused = MakeFused(node, is_conv ? kConvFloats : kMatMulFloats);
  fused.is_transposed = is_gemm && IntOf(node, "transB", 0) != 0;
  if (is_gemm && (IntOf(node, "transA", 0) != 0 || FloatOf(node, "alpha", 1.0f) != 1.0f)) return;
  if (is_gemm && node.Input(2) != kNone && FloatOf(node, "beta", 1.0f) != 1.0f) return;
  const size_t channels = is_conv || fused.is_transposed ? 0 : w_rank - 1;
  if (!TakeOperands(graph, node, static_cast<int64_t>(channels), fused)) return;
  fused.inputs[kBias] = is_conv || is_gemm ? node.Input(2) : kNone;
  if (!IsBias(graph, fused.inputs[kBias], graph.At(node.inputs[1]).dims[channels])) return;
  fused.outputs = node.outputs;
  Path path{graph, {i}, node.outputs[0]};
  if (!TakeQuantize(path, is_conv ? kConvBytes : kMatMulBytes, fused)) {
    TakeTail(path, graph.At(node.outputs[0]).dims.size(), fused);
  }
  graph.Replace(path.nodes, fused);
}

}  // namespace

void MatchQdqGroups(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) MatchOne(graph, static_cast<int>(i));
}

}  // namespace isoquant_provider
