// Layer 1: tensors of ONNX Runtime.
#ifndef ISOQUANT_PROVIDER_API_VALUES_H_
#define ISOQUANT_PROVIDER_API_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/api.h"

namespace isoquant_provider {

using Dims = std::vector<int64_t>;
using Type = ONNXTensorElementDataType;

constexpr Type kFloat = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
constexpr Type kUint8 = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
constexpr Type kInt8 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8;
constexpr Type kUint16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16;
constexpr Type kInt16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16;
constexpr Type kInt32 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
constexpr Type kInt64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;

constexpr Type kUint4 = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4;
constexpr Type kInt4 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4;

constexpr bool IsByte(Type type) { return type == kUint8 || type == kInt8; }
// Of the types above.
constexpr size_t BytesOf(Type type) {
  return IsByte(type) ? 1 : type == kUint16 || type == kInt16 ? 2 : type == kInt64 ? 8 : 4;
}

// The product of dims[begin, end). Dimensions are known.
size_t Count(const Dims& dims, size_t begin, size_t end);
inline size_t Count(const Dims& dims) { return Count(dims, 0, dims.size()); }

// A row-major tensor in memory of ONNX Runtime.
struct TensorRef {
  Type type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  Dims dims;
  const void* data = nullptr;

  template <class T>
  const T* As() const {
    return static_cast<const T*>(data);
  }
};

// Throws if `value` is no dense tensor.
TensorRef ReadTensor(const OrtValue* value);

// Type and dimensions of what `info` tells of a tensor. A dimension that is not known is negative: -1, or, if it has a
// name, a number that stands for this name.
void ReadShape(const OrtTensorTypeAndShapeInfo* info, Type& type, Dims& dims);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_API_VALUES_H_
