#include <algorithm>

#include "kernels/strided.h"

namespace isoquant_provider {

Strides StridesOf(const Dims& dims, bool is_image) {
  Strides strides(dims.size());
  ptrdiff_t step = 1;
  const auto next = [&](size_t i) {
    strides[i] = step;
    step *= static_cast<ptrdiff_t>(dims[i]);
  };
  if (is_image && dims.size() > 1) next(1);
  for (size_t i = dims.size(); i-- > 0;) {
    if (!is_image || i != 1) next(i);
  }
  return strides;
}

Strides BroadcastStrides(const Dims& dims, const Strides& strides, size_t rank) {
  Strides all(rank, 0);
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1) all[rank - dims.size() + i] = strides[i];
  }
  return all;
}

Dims BroadcastDims(const Dims& a, const Dims& b) {
  const size_t rank = std::max(a.size(), b.size());
  Dims dims(rank, 1);
  for (size_t i = 1; i <= rank; ++i) {
    const int64_t p = i <= a.size() ? a[a.size() - i] : 1, q = i <= b.size() ? b[b.size() - i] : 1;
    if (p != q && p != 1 && q != 1) throw Error("the shapes of both inputs do not fit");
    dims[rank - i] = p == 1 ? q : p;
  }
  return dims;
}

}  // namespace isoquant_provider
