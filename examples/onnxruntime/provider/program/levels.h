// Layer 6: when nodes can run: what can be computed at once, and what must wait for ONNX Runtime.
#ifndef ISOQUANT_PROVIDER_PROGRAM_LEVELS_H_
#define ISOQUANT_PROVIDER_PROGRAM_LEVELS_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace isoquant_provider {

// A flag for each node of a graph; those of dead nodes are not set.
using Flags = std::vector<bool>;

// Whether f says so of the producer of an input, or of a consumer of an output.
template <class F>
bool AnyInput(const Graph& graph, const Node& node, const F& f) {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](int value) {
    return value != kNone && graph.At(value).producer != kNone && f(static_cast<size_t>(graph.At(value).producer));
  });
}
template <class F>
bool AnyConsumer(const Graph& graph, const Node& node, const F& f) {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](int value) {
    const std::vector<int> none;
    const auto& consumers = value == kNone ? none : graph.At(value).consumers;
    return std::any_of(consumers.begin(), consumers.end(), [&](int i) { return f(static_cast<size_t>(i)); });
  });
}

// How often a path to a node has left claimed nodes and come back: claimed nodes of one level can be one region, for no
// path from one to another leaves them. DequantizeLinear comes as late as it can: where others read through it.
//
// Nodes that read through others which cannot be in their region are unclaimed.
std::vector<int> FindLevels(const Graph& graph, Flags& is_claimed);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_PROGRAM_LEVELS_H_
