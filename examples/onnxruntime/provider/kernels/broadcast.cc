#include "kernels/broadcast.h"

#include <algorithm>
#include <string>

namespace isoquant_provider {
namespace {

std::string Text(const Dims& dims) {
  std::string text;
  for (const int64_t size : dims) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

// Dimension i of the last `rank` of `dims`, of which those in front are 1.
size_t SizeAt(const Dims& dims, size_t rank, size_t i) {
  return i + dims.size() < rank ? 1 : static_cast<size_t>(dims[i + dims.size() - rank]);
}

}  // namespace

ProductShape::ProductShape(const Dims& x, const Dims& w) {
  const Dims x_batch(x.begin(), x.end() - 2), w_batch(w.begin(), w.end() - 2);
  rows = Count(x, x.size() - 2, x.size() - 1);
  k = Count(x, x.size() - 1, x.size());
  n = Count(w, w.size() - 1, w.size());
  const Error mismatch("x is " + Text(x) + ", w is " + Text(w) + ": they have no product");
  if (Count(w, w.size() - 2, w.size() - 1) != k) throw mismatch;
  if (w_batch.empty()) {
    rows *= Count(x_batch);
    y = Dims(x.begin(), x.end() - 1);
    y.push_back(static_cast<int64_t>(n));
    return;
  }
  const size_t rank = std::max(x_batch.size(), w_batch.size());
  for (size_t i = 0; i < rank; ++i) {
    const size_t a = SizeAt(x_batch, rank, i), b = SizeAt(w_batch, rank, i);
    if (a != b && a != 1 && b != 1) throw mismatch;
    y.push_back(static_cast<int64_t>(a == 1 ? b : a));
  }
  products = Count(y);
  for (size_t i = 0; i < products; ++i) {
    size_t rest = i, x_index = 0, w_index = 0, x_step = 1, w_step = 1;
    for (size_t axis = rank; axis-- > 0;) {
      const size_t size = static_cast<size_t>(y[axis]), place = rest % size;
      const size_t a = SizeAt(x_batch, rank, axis), b = SizeAt(w_batch, rank, axis);
      rest /= size;
      if (a != 1) x_index += place * x_step;
      if (b != 1) w_index += place * w_step;
      x_step *= a;
      w_step *= b;
    }
    x_of.push_back(x_index);
    w_of.push_back(w_index);
  }
  y.push_back(x[x.size() - 2]);
  y.push_back(static_cast<int64_t>(n));
}

}  // namespace isoquant_provider
