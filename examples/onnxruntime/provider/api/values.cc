#include "api/values.h"

#include <functional>
#include <memory>
#include <string>

namespace isoquant_provider {

size_t Count(const Dims& dims, size_t begin, size_t end) {
  size_t count = 1;
  for (size_t i = begin; i < end; ++i) count *= static_cast<size_t>(dims[i]);
  return count;
}

void ReadShape(const OrtTensorTypeAndShapeInfo* info, Type& type, Dims& dims) {
  Check(Api().GetTensorElementType(info, &type));
  size_t rank = 0;
  Check(Api().GetDimensionsCount(info, &rank));
  dims.resize(rank);
  Check(Api().GetDimensions(info, dims.data(), rank));
  std::vector<const char*> names(rank);
  Check(Api().GetSymbolicDimensions(info, names.data(), rank));
  for (size_t i = 0; i < rank; ++i) {
    if (dims[i] >= 0) continue;
    const std::string name = names[i] == nullptr ? "" : names[i];
    dims[i] = name.empty() ? -1 : -2 - static_cast<int64_t>(std::hash<std::string>()(name) >> 2);
  }
}

TensorRef ReadTensor(const OrtValue* value) {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  Check(Api().GetTensorTypeAndShape(value, &info));
  const std::unique_ptr<OrtTensorTypeAndShapeInfo, void (*)(OrtTensorTypeAndShapeInfo*)> owner(
      info, Api().ReleaseTensorTypeAndShapeInfo);
  TensorRef tensor;
  ReadShape(info, tensor.type, tensor.dims);
  Check(Api().GetTensorData(value, &tensor.data));
  return tensor;
}

}  // namespace isoquant_provider
