// Layer 5: scales, zero points and biases: constants, or computed on the way.
#ifndef ISOQUANT_PROVIDER_KERNELS_PARAMETER_H_
#define ISOQUANT_PROVIDER_KERNELS_PARAMETER_H_

#include <cstdint>
#include <vector>

#include "isoquant/matrix_view.h"
#include "kernels/kernel.h"

namespace isoquant_provider {

// A vector of T: float, or int32_t, to which integers of 8 and 16 bits are widened. Constants are read once, when it is
// made.
template <class T>
class Parameter {
 public:
  // kNone: no elements.
  Parameter(const Preparation& preparation, int value);

  isoquant::VectorView<const T> Get(Frame& frame) const;
  bool is_constant() const { return is_constant_; }

 private:
  int value_;
  bool is_constant_;
  std::vector<T> constant_;
};

// Its first element, or `otherwise` if it has none.
template <class T>
T First(isoquant::VectorView<const T> values, T otherwise) {
  return values.size == 0 ? otherwise : values.data[0];
}

// Whether the value is absent, or certainly one number. (A tensor of which no dimension is known counts as one; kernels
// see at run time.)
bool IsOneNumber(const Graph& graph, int value);
// Whether it is absent, or a tensor of one dimension at most: one number for all, or one for each.
bool IsVector(const Graph& graph, int value);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_PARAMETER_H_
