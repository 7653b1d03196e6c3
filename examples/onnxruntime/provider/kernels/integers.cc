#include "kernels/integers.h"

#include <string>

#include "graph/attributes.h"

namespace isoquant_provider {
namespace {

std::vector<int64_t> Read(const TensorRef& tensor) {
  const size_t count = Count(tensor.dims);
  if (tensor.type == kInt64) return {tensor.As<int64_t>(), tensor.As<int64_t>() + count};
  if (tensor.type == kInt32) return {tensor.As<int32_t>(), tensor.As<int32_t>() + count};
  throw Error("a shape, an axis or an index is no int64 or int32");
}

}  // namespace

Integers::Integers(const Preparation& preparation, const Node& node, size_t place, const char* attribute) {
  const int value = node.Input(place);
  if (value == kNone) {
    known_ = IntsOf(node, attribute, {});
    dims_ = {static_cast<int64_t>(known_.size())};
  } else if (preparation.graph.IsConstant(value)) {
    known_ = Read(preparation.graph.Constant(value));
    dims_ = preparation.graph.Constant(value).dims;
  } else {
    value_ = value;
  }
  is_absent_ = value == kNone && known_.empty();
}

std::vector<int64_t> Integers::Get(Frame& frame) const {
  if (value_ == kNone) return known_;
  const Type type = frame.TypeOf(value_);
  const void* const data = type == kInt64 ? static_cast<const void*>(frame.Plain<int64_t>(value_))
                                          : static_cast<const void*>(frame.Plain<int32_t>(value_));
  return Read({type, frame.DimsOf(value_), data});
}

bool HasIntegers(const Graph& graph, const Node& node, size_t place) {
  const int value = node.Input(place);
  return value == kNone || graph.At(value).type == kInt64 || graph.At(value).type == kInt32;
}

size_t FromFront(int64_t axis, size_t rank) {
  const int64_t place = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  if (place < 0 || place >= static_cast<int64_t>(rank)) {
    throw Error("axis is " + std::to_string(axis) + " of rank " + std::to_string(rank));
  }
  return static_cast<size_t>(place);
}

}  // namespace isoquant_provider
