// Layer 2: attributes of nodes.
#ifndef ISOQUANT_PROVIDER_GRAPH_ATTRIBUTES_H_
#define ISOQUANT_PROVIDER_GRAPH_ATTRIBUTES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace isoquant_provider {

// The attribute of this name, or `otherwise` if the node has none.
int64_t IntOf(const Node& node, const char* name, int64_t otherwise);
float FloatOf(const Node& node, const char* name, float otherwise);
std::string StringOf(const Node& node, const char* name, const std::string& otherwise);
std::vector<int64_t> IntsOf(const Node& node, const char* name, const std::vector<int64_t>& otherwise);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_GRAPH_ATTRIBUTES_H_
