// Layer 6: which nodes of a model are Isoquant's, and which of them run as one.
#ifndef ISOQUANT_PROVIDER_PROGRAM_CLAIMS_H_
#define ISOQUANT_PROVIDER_PROGRAM_CLAIMS_H_

#include <vector>

#include "graph/graph.h"

namespace isoquant_provider {

struct Claims {
  std::vector<std::vector<size_t>> regions;  // sources of the graph; each region becomes one node
  std::vector<size_t> left;                  // sources that compute with 8-bit integers, and are in no region
};

// `graph` has been rewritten by the patterns.
//
// A region is a connected part of the graph that can be computed at once: no path leaves it and comes back. A graph
// without integers is left alone.
Claims FindClaims(const Graph& graph);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_PROGRAM_CLAIMS_H_
