// Layer 4: the patterns: each rewrites what it finds. Each replaces nodes by one that computes the same.
#ifndef ISOQUANT_PROVIDER_MATCH_MATCH_H_
#define ISOQUANT_PROVIDER_MATCH_MATCH_H_

#include "graph/graph.h"

namespace isoquant_provider {

// ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul become fused nodes (operands.h).
void MatchIntegerOperators(Graph& graph);
// ... Sums -> Cast -> Mul(x_scale * w_scale) -> Add(bias) -> activation -> Add(residual) becomes ... Floats.
void MatchDynamicGroups(Graph& graph);

// DequantizeLinear x 2 -> Conv, MatMul or Gemm becomes ... Floats; with QuantizeLinear behind it, and a bias of
// integers if any, ... Bytes.
void MatchQdqGroups(Graph& graph);
// Whether a node can be computed: patterns that could do without ask first.
using HasKernel = bool (*)(const Graph& graph, const Node& node);

// DequantizeLinear -> MaxPool, Concat, or what only moves elements -> QuantizeLinear with the same scales and zero
// points moves the bytes.
void MatchQdqMoves(Graph& graph, HasKernel has_kernel);
// DequantizeLinear -> Add, Mul, activation or Clip -> QuantizeLinear becomes ElementsBytes or MultiplyBytes.
void MatchQdqElements(Graph& graph);
// Concat along channels -> DynamicQuantizeLinear becomes ConcatQuantize.
void MatchConcatQuantize(Graph& graph);

// GELU of Erf becomes one node.
void MatchGelu(Graph& graph);
// LayerNormalization that is written out becomes one node.
void MatchLayerNorm(Graph& graph);

// All of them, in their order.
void MatchAll(Graph& graph, HasKernel has_kernel);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_MATCH_MATCH_H_
