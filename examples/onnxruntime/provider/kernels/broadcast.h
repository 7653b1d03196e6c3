// Layer 5: shapes of products of many matrices, as NumPy's matmul has them.
#ifndef ISOQUANT_PROVIDER_KERNELS_BROADCAST_H_
#define ISOQUANT_PROVIDER_KERNELS_BROADCAST_H_

#include <cstddef>
#include <vector>

#include "api/values.h"

namespace isoquant_provider {

// y = x w: the last two dimensions are matrices, those before them are broadcast. If w is one matrix, all rows of x are
// rows of one product. Throws if the shapes do not fit.
struct ProductShape {
  ProductShape(const Dims& x, const Dims& w);

  // Which matrix of x and of w product i takes.
  size_t XMatrix(size_t i) const { return x_of.empty() ? i : x_of[i]; }
  size_t WMatrix(size_t i) const { return w_of.empty() ? 0 : w_of[i]; }

  Dims y;
  size_t products = 1, rows = 0, k = 0, n = 0;
  std::vector<size_t> x_of, w_of;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_BROADCAST_H_
