// Tensors of a model's inputs and outputs, as bytes on the host's side.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_TENSOR_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_TENSOR_H_

#include <onnxruntime_c_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace onnx_host {

struct Tensor {
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  size_t size() const;  // elements
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(bytes.data());
  }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(bytes.data());
  }
};

// A tensor of that type and shape, all zero.
Tensor MakeTensor(ONNXTensorElementDataType type, const std::vector<int64_t>& shape);

// 0 for types that have no fixed size, such as strings.
size_t ElementSize(ONNXTensorElementDataType type);
// "float32", as numpy calls it; "type 8" for those that it does not know.
std::string TypeName(ONNXTensorElementDataType type);
// "float32 1 x 3 x 4"; an open dimension is -1 and prints as ?.
std::string Describe(ONNXTensorElementDataType type, const std::vector<int64_t>& shape);

// FNV-1a of the bytes, in 16 hexadecimal digits. It depends on nothing else: types and shapes are not in it.
std::string Digest(const Tensor& tensor);
std::string Digest(const std::vector<Tensor>& tensors);

// The same numbers on every machine: floats in [-1, 1), integers of the whole range of 8 bits, of 16 small values for
// wider ones, which are often indices.
void FillRandomly(Tensor& tensor, uint64_t seed);

// The largest |a - b| of tensors of one type and shape; infinity where the types or shapes differ, or where one is NaN
// and the other is not.
double LargestDifference(const Tensor& a, const Tensor& b);

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_TENSOR_H_
