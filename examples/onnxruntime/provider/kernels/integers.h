// Layer 5: shapes, axes, indices: inputs of int64 or int32, or attributes of older versions of ONNX.
#ifndef ISOQUANT_PROVIDER_KERNELS_INTEGERS_H_
#define ISOQUANT_PROVIDER_KERNELS_INTEGERS_H_

#include <cstdint>
#include <vector>

#include "kernels/kernel.h"

namespace isoquant_provider {

class Integers {
 public:
  // Input `place` of the node, or else its attribute of that name. Constants are read once.
  Integers(const Preparation& preparation, const Node& node, size_t place, const char* attribute);

  std::vector<int64_t> Get(Frame& frame) const;
  const Dims& DimsOf(Frame& frame) const { return value_ == kNone ? dims_ : frame.DimsOf(value_); }
  // Whether the node says nothing.
  bool is_absent() const { return is_absent_; }

 private:
  int value_ = kNone;  // that is no constant
  std::vector<int64_t> known_;
  Dims dims_;
  bool is_absent_;
};

// Whether input `place` is absent, or of integers.
bool HasIntegers(const Graph& graph, const Node& node, size_t place);

// An axis, counted from the front. Throws if there is none.
size_t FromFront(int64_t axis, size_t rank);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_INTEGERS_H_
