// Layer 4: operators that are activations of Isoquant.
#ifndef ISOQUANT_PROVIDER_MATCH_ACTIVATIONS_H_
#define ISOQUANT_PROVIDER_MATCH_ACTIVATIONS_H_

#include "graph/graph.h"

namespace isoquant_provider {

// Whether the node is Relu, LeakyRelu, Tanh, HardSwish or Gelu, and which activation that is, with its parameter.
bool FindActivation(const Node& node, isoquant::Activation& activation, float& parameter);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_MATCH_ACTIVATIONS_H_
