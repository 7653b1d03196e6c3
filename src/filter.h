// Support: checks of geometries, and how filters are packed.
#ifndef ISOQUANT_SRC_FILTER_H_
#define ISOQUANT_SRC_FILTER_H_

#include <cstddef>
#include <limits>

#include "isoquant/filter.h"
#include "isoquant/status.h"

namespace isoquant {

// No more elements of a byte fit the address space.
inline constexpr size_t kMaxElements = static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max());

// Of the geometry alone, and that K = kernel_h * kernel_w * group_channels and all input channels can be counted.
Status CheckGeometry(const Conv2dGeometry& geometry, size_t group_channels);

// The columns of the panels of one group, those of padding included.
size_t GroupColumns(size_t groups, size_t out_channels);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FILTER_H_
