#include "host/session.h"

#include <cstring>
#include <memory>
#include <stdexcept>

namespace onnx_host {
namespace {

// Owns an object of the C API.
template <class T>
using Owned = std::unique_ptr<T, void(ORT_API_CALL*)(T*)>;

template <class T, class Release>
Owned<T> Own(T* object, Release release) {
  return Owned<T>(object, release);
}

// Type and shape of a tensor.
void ReadShape(const Runtime& runtime, const OrtTensorTypeAndShapeInfo* info, ONNXTensorElementDataType& type,
               std::vector<int64_t>& shape) {
  const OrtApi& api = runtime.api();
  size_t rank = 0;
  runtime.Check(api.GetTensorElementType(info, &type));
  runtime.Check(api.GetDimensionsCount(info, &rank));
  shape.resize(rank);
  runtime.Check(api.GetDimensions(info, shape.data(), rank));
}

}  // namespace

Session::Session(const Runtime& runtime, const std::string& model, const SessionSettings& settings)
    : runtime_(runtime), api_(runtime.api()), verbose_(settings.verbose) {
  OrtSessionOptions* created = nullptr;
  runtime_.Check(api_.CreateSessionOptions(&created));
  const auto options = Own(created, api_.ReleaseSessionOptions);
  runtime_.Check(api_.SetIntraOpNumThreads(created, settings.threads));
  runtime_.Check(api_.SetInterOpNumThreads(created, 1));
  if (settings.verbose) runtime_.Check(api_.SetSessionLogSeverityLevel(created, ORT_LOGGING_LEVEL_VERBOSE));
  if (!settings.profile.empty()) runtime_.Check(api_.EnableProfiling(created, settings.profile.c_str()));
  if (settings.provider) {
    const OrtEpDevice* device = runtime_.ProviderDevice();
    if (!device) throw std::runtime_error(std::string(kProvider) + " is not registered");
    std::vector<const char*> keys, values;
    for (const auto& option : settings.options) {
      keys.push_back(option.first.c_str());
      values.push_back(option.second.c_str());
    }
    runtime_.Check(api_.SessionOptionsAppendExecutionProvider_V2(created, runtime_.env(), &device, 1, keys.data(),
                                                                 values.data(), keys.size()));
  }
  runtime_.Check(api_.CreateSession(runtime_.env(), model.c_str(), created, &session_));
  inputs_ = Values(true);
  outputs_ = Values(false);
}

Session::~Session() { api_.ReleaseSession(session_); }

std::vector<ValueInfo> Session::Values(bool are_inputs) const {
  OrtAllocator* allocator = nullptr;
  runtime_.Check(api_.GetAllocatorWithDefaultOptions(&allocator));
  size_t count = 0;
  runtime_.Check(are_inputs ? api_.SessionGetInputCount(session_, &count)
                            : api_.SessionGetOutputCount(session_, &count));
  std::vector<ValueInfo> values(count);
  for (size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    runtime_.Check(are_inputs ? api_.SessionGetInputName(session_, i, allocator, &name)
                              : api_.SessionGetOutputName(session_, i, allocator, &name));
    values[i].name = name;
    runtime_.Check(api_.AllocatorFree(allocator, name));
    OrtTypeInfo* info = nullptr;
    runtime_.Check(are_inputs ? api_.SessionGetInputTypeInfo(session_, i, &info)
                              : api_.SessionGetOutputTypeInfo(session_, i, &info));
    const auto owned = Own(info, api_.ReleaseTypeInfo);
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    runtime_.Check(api_.CastTypeInfoToTensorInfo(info, &tensor));
    if (tensor) ReadShape(runtime_, tensor, values[i].type, values[i].shape);
  }
  return values;
}

std::vector<Tensor> Session::Run(const std::vector<Tensor>& inputs, size_t count) const {
  if (inputs.size() != inputs_.size()) throw std::runtime_error("the number of inputs is wrong");
  OrtMemoryInfo* memory = nullptr;
  runtime_.Check(api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  const auto owned_memory = Own(memory, api_.ReleaseMemoryInfo);
  std::vector<Owned<OrtValue>> owned;
  std::vector<const OrtValue*> values;
  std::vector<const char*> input_names, output_names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i];
    OrtValue* value = nullptr;
    // ONNX Runtime does not write to inputs.
    runtime_.Check(api_.CreateTensorWithDataAsOrtValue(memory, const_cast<uint8_t*>(input.bytes.data()),
                                                       input.bytes.size(), input.shape.data(), input.shape.size(),
                                                       input.type, &value));
    owned.push_back(Own(value, api_.ReleaseValue));
    values.push_back(value);
    input_names.push_back(inputs_[i].name.c_str());
  }
  for (size_t i = 0; i < outputs_.size() && i < count; ++i) output_names.push_back(outputs_[i].name.c_str());
  std::vector<OrtValue*> results(output_names.size(), nullptr);
  OrtRunOptions* options = nullptr;
  runtime_.Check(api_.CreateRunOptions(&options));
  const auto owned_options = Own(options, api_.ReleaseRunOptions);
  if (verbose_) runtime_.Check(api_.RunOptionsSetRunLogSeverityLevel(options, ORT_LOGGING_LEVEL_VERBOSE));
  runtime_.Check(api_.Run(session_, options, input_names.data(), values.data(), values.size(), output_names.data(),
                          output_names.size(), results.data()));
  for (OrtValue* result : results) owned.push_back(Own(result, api_.ReleaseValue));
  std::vector<Tensor> outputs;
  for (const OrtValue* result : results) outputs.push_back(Copy(result));
  return outputs;
}

Tensor Session::Copy(const OrtValue* value) const {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  runtime_.Check(api_.GetTensorTypeAndShape(value, &info));
  const auto owned = Own(info, api_.ReleaseTensorTypeAndShapeInfo);
  ONNXTensorElementDataType type;
  std::vector<int64_t> shape;
  ReadShape(runtime_, info, type, shape);
  if (ElementSize(type) == 0) throw std::runtime_error("an output has " + TypeName(type));
  Tensor tensor = MakeTensor(type, shape);
  const void* data = nullptr;
  runtime_.Check(api_.GetTensorData(value, &data));
  if (!tensor.bytes.empty()) std::memcpy(tensor.bytes.data(), data, tensor.bytes.size());
  return tensor;
}

std::string Session::EndProfile() {
  OrtAllocator* allocator = nullptr;
  runtime_.Check(api_.GetAllocatorWithDefaultOptions(&allocator));
  char* path = nullptr;
  runtime_.Check(api_.SessionEndProfiling(session_, allocator, &path));
  const std::string copy = path;
  runtime_.Check(api_.AllocatorFree(allocator, path));
  return copy;
}

}  // namespace onnx_host
