// Layer 4: a walk along values that have one consumer each.
#ifndef ISOQUANT_PROVIDER_MATCH_PATH_H_
#define ISOQUANT_PROVIDER_MATCH_PATH_H_

#include <vector>

#include "graph/graph.h"

namespace isoquant_provider {

struct Path {
  Graph& graph;
  std::vector<int> nodes;  // taken so far
  int value;               // what the last one computes

  // The only consumer, if it is `op`, or null.
  const Node* Next(const char* op) const;
  // The only consumer, or null.
  const Node* Next() const;
  void Take();
  // The input of a node of two inputs that is not `value`.
  int Other(const Node& node) const { return node.inputs[0] == value ? node.inputs[1] : node.inputs[0]; }
};

// Whether the constant has one float for each of the output channels of a tensor of `rank`: of an image (place 1), or
// of a matrix (the last place); or one for all.
bool IsPerChannel(const Graph& graph, int value, size_t rank, bool is_image);

// Takes Relu, LeakyRelu, Tanh, HardSwish or Gelu, if it is next.
void TakeActivation(Path& path, Node& fused);
// Whether the node is Clip with constant limits, which become those of `fused`.
bool FindLimits(const Graph& graph, const Node& clip, Node& fused);
// Takes such a node, if it is next.
void TakeClip(Path& path, Node& fused);

// What a group of floats may end with: Add of a bias, unless there is one; an activation; Clip; Add of a residual,
// unless it is a product of matrices. The output of `fused` becomes that of the last one.
void TakeTail(Path& path, size_t rank, Node& fused);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_MATCH_PATH_H_
