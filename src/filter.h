// Support: checks of geometries, and how filters are packed.
#ifndef ISOQUANT_SRC_FILTER_H_
#define ISOQUANT_SRC_FILTER_H_

#include <algorithm>
#include <cstddef>
#include <limits>

#include "isoquant/filter.h"
#include "isoquant/status.h"

namespace isoquant {

// No more elements of a byte fit the address space.
inline constexpr size_t kMaxElements = static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max());

// Of the geometry alone, and that K = kernel_h * kernel_w * group_channels and all input channels can be counted.
Status CheckGeometry(const Conv2dGeometry& geometry, size_t group_channels);

// The kernel positions [begin, end) that lie in an image, `size` of whose pixels follow `before` ones of padding.
struct Positions {
  size_t begin, end;
};
inline Positions PositionsInImage(size_t start, size_t before, size_t size, size_t kernel, size_t dilation) {
  const auto first_at = [=](size_t at) { return start >= at ? 0 : (at - start + dilation - 1) / dilation; };
  const size_t begin = std::min(kernel, first_at(before)), end = std::min(kernel, first_at(before + size));
  return {begin, end};
}

// Whether each group has one input and one output channel.
inline bool IsDepthwise(size_t groups, size_t group_channels, size_t out_channels) {
  return groups > 1 && group_channels == 1 && out_channels == groups;
}

// The columns of the panels of one group, those of padding included.
size_t GroupColumns(size_t groups, size_t group_channels, size_t out_channels);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FILTER_H_
