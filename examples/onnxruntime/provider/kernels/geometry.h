// Layer 5: windows of convolutions and pools: ONNX's attributes as a geometry of Isoquant.
#ifndef ISOQUANT_PROVIDER_KERNELS_GEOMETRY_H_
#define ISOQUANT_PROVIDER_KERNELS_GEOMETRY_H_

#include "graph/graph.h"
#include "isoquant/filter.h"

namespace isoquant_provider {

// Whether the windows of `node` on images `x` are of a kind that there is: of rank 3 or 4; auto_pad SAME only where the
// size of x is known.
bool SupportsWindows(const Graph& graph, const Node& node, int x);

// The geometry of `node`, with kernels of these sizes (one or two; a signal of rank 3 is an image of height 1).
isoquant::Conv2dGeometry GeometryOf(const Graph& graph, const Node& node, int x, const Dims& kernel);

// The same with as much padding at the ends as it takes for ceil_mode: outputs whose windows begin on x or in the
// padding before it count, even if they go beyond its end.
isoquant::Conv2dGeometry WithCeiling(isoquant::Conv2dGeometry geometry, const Dims& x);

// The dimensions of what `channels` channels are on x under these windows.
Dims OutputDims(const isoquant::Conv2dGeometry& geometry, const Dims& x, size_t channels);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_GEOMETRY_H_
