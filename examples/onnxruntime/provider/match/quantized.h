// Layer 4: what DequantizeLinear makes floats of.
#ifndef ISOQUANT_PROVIDER_MATCH_QUANTIZED_H_
#define ISOQUANT_PROVIDER_MATCH_QUANTIZED_H_

#include <cstdint>

#include "graph/graph.h"

namespace isoquant_provider {

struct Quantized {
  int node = kNone, q = kNone, scale = kNone, zero = kNone;
  int64_t axis = 1;
  bool is_one_scale = true;
};

// Whether the value comes from a DequantizeLinear with one scale, or with one for each index of an axis.
bool FindQuantized(const Graph& graph, int value, Quantized& found);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_MATCH_QUANTIZED_H_
