#include "kernels/parameter.h"

#include <algorithm>

namespace isoquant_provider {
namespace {

// Elements of `tensor`, as T.
template <class T>
void Widen(const TensorRef& tensor, T* to) {
  const size_t count = Count(tensor.dims);
  if (tensor.type == kTypeOf<T>) {
    std::copy_n(tensor.As<T>(), count, to);
  } else if (tensor.type == kUint8) {
    std::copy_n(tensor.As<uint8_t>(), count, to);
  } else if (tensor.type == kInt8) {
    std::copy_n(tensor.As<int8_t>(), count, to);
  } else if (tensor.type == kUint16) {
    std::copy_n(tensor.As<uint16_t>(), count, to);
  } else if (tensor.type == kInt16) {
    std::copy_n(tensor.As<int16_t>(), count, to);
  } else {
    throw Error("a scale, a zero point or a bias has an unexpected type");
  }
}

}  // namespace

template <class T>
Parameter<T>::Parameter(const Preparation& preparation, int value)
    : value_(value), is_constant_(value == kNone || preparation.graph.IsConstant(value)) {
  if (value == kNone || !is_constant_) return;
  const TensorRef tensor = preparation.graph.Constant(value);
  constant_.resize(Count(tensor.dims));
  Widen(tensor, constant_.data());
}

template <class T>
isoquant::VectorView<const T> Parameter<T>::Get(Frame& frame) const {
  if (is_constant_) return {constant_.data(), constant_.size()};
  const size_t count = Count(frame.DimsOf(value_));
  const Type type = frame.TypeOf(value_);
  if (type == kTypeOf<T>) return {frame.Plain<T>(value_), count};
  T* const wide = frame.Scratch<T>(count);
  const void* const data = type == kUint8    ? static_cast<const void*>(frame.Plain<uint8_t>(value_))
                           : type == kUint16 ? static_cast<const void*>(frame.Plain<uint16_t>(value_))
                           : type == kInt16  ? static_cast<const void*>(frame.Plain<int16_t>(value_))
                                             : static_cast<const void*>(frame.Plain<int8_t>(value_));
  Widen({type, frame.DimsOf(value_), data}, wide);
  return {wide, count};
}

template class Parameter<float>;
template class Parameter<int32_t>;

bool IsOneNumber(const Graph& graph, int value) {
  if (value == kNone) return true;
  const Dims& dims = graph.At(value).dims;
  return std::all_of(dims.begin(), dims.end(), [](int64_t size) { return size == 1; });
}

bool IsVector(const Graph& graph, int value) { return value == kNone || graph.At(value).dims.size() <= 1; }

}  // namespace isoquant_provider
