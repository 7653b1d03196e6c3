#include "match/path.h"

#include "graph/attributes.h"
#include "match/activations.h"
#include "match/operands.h"

namespace isoquant_provider {

const Node* Path::Next() const {
  const int consumer = graph.OnlyConsumer(value);
  return consumer != kNone ? &graph.NodeAt(consumer) : nullptr;
}
const Node* Path::Next(const char* op) const {
  const Node* const next = Next();
  return next != nullptr && next->Is(op) ? next : nullptr;
}

void Path::Take() {
  nodes.push_back(graph.OnlyConsumer(value));
  value = graph.NodeAt(nodes.back()).outputs[0];
}

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

void TakeActivation(Path& path, Node& fused) {
  const Node* const next = path.Next();
  if (next == nullptr || !FindActivation(*next, fused.activation, fused.parameter)) return;
  path.Take();
}

bool FindLimits(const Graph& graph, const Node& clip, Node& fused) {
  if (!clip.Is("Clip")) return false;
  // Attributes before version 11 of ONNX, inputs since.
  float limits[2] = {FloatOf(clip, "min", fused.min), FloatOf(clip, "max", fused.max)};
  for (size_t i = 0; i < 2; ++i) {
    const int value = clip.Input(i + 1);
    if (value == kNone) continue;
    if (!graph.IsConstant(value) || graph.At(value).type != kFloat) return false;
    const TensorRef limit = graph.Constant(value);
    if (Count(limit.dims) != 1) return false;
    limits[i] = limit.As<float>()[0];
  }
  if (limits[0] > limits[1]) limits[0] = limits[1];  // ONNX: the upper one holds
  if (!(limits[0] <= limits[1])) return false;       // NaN
  fused.min = limits[0];
  fused.max = limits[1];
  return true;
}

void TakeClip(Path& path, Node& fused) {
  const Node* const clip = path.Next("Clip");
  if (clip != nullptr && clip->inputs[0] == path.value && FindLimits(path.graph, *clip, fused)) path.Take();
}

void TakeTail(Path& path, size_t rank, Node& fused) {
  const Graph& graph = path.graph;
  const bool is_image = fused.op == kConvFloats;
  const Node* add = fused.inputs[kBias] == kNone ? path.Next("Add") : nullptr;
  if (add != nullptr && IsPerChannel(graph, path.Other(*add), rank, is_image)) {
    fused.inputs[kBias] = path.Other(*add);
    path.Take();
  }
  TakeActivation(path, fused);
  TakeClip(path, fused);
  add = is_image ? path.Next("Add") : nullptr;
  if (add != nullptr && !graph.IsConstant(path.Other(*add)) && graph.SameShape(path.value, path.Other(*add))) {
    fused.inputs[kResidual] = path.Other(*add);
    path.Take();
  }
  fused.outputs = {path.value};
}

}  // namespace isoquant_provider
