#include "match/quantized.h"

#include "graph/attributes.h"

namespace isoquant_provider {

bool FindQuantized(const Graph& graph, int value, Quantized& found) {
  if (value == kNone || graph.At(value).producer == kNone) return false;
  found.node = graph.At(value).producer;
  const Node& node = graph.NodeAt(found.node);
  if (!node.Is("DequantizeLinear") || IntOf(node, "block_size", 0) != 0) return false;
  found.q = node.inputs[0];
  found.scale = node.inputs[1];
  found.zero = node.Input(2);
  const Dims& q_dims = graph.At(found.q).dims;
  const Dims& scale_dims = graph.At(found.scale).dims;
  found.axis = IntOf(node, "axis", 1);
  if (found.axis < 0) found.axis += static_cast<int64_t>(q_dims.size());
  found.is_one_scale = scale_dims.empty() || (scale_dims.size() == 1 && scale_dims[0] == 1);
  return scale_dims.size() <= 1;
}

}  // namespace isoquant_provider
