#include "kernels/axis.h"

#include <string>

namespace isoquant_provider {

AxisView::AxisView(const Dims& dims, int64_t axis) {
  const int64_t rank = static_cast<int64_t>(dims.size());
  if (rank == 1) axis = 0;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) throw Error("axis is " + std::to_string(axis) + " of rank " + std::to_string(rank));
  const size_t place = static_cast<size_t>(axis);
  outer = Count(dims, 0, place);
  size = Count(dims, place, place + 1);
  inner = Count(dims, place + 1, dims.size());
}

void AxisView::CheckSize(const char* name, size_t count) const {
  if (count == size) return;
  throw Error(std::string(name) + " has " + std::to_string(count) + " elements, expected " + std::to_string(size));
}

}  // namespace isoquant_provider
