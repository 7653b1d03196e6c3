// A model that is loaded, and its runs.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_SESSION_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_SESSION_H_

#include <map>
#include <string>
#include <vector>

#include "host/runtime.h"
#include "host/tensor.h"

namespace onnx_host {

struct SessionSettings {
  bool provider = true;                        // Isoquant's, which must be registered
  std::map<std::string, std::string> options;  // of the provider: max_tier, disable, strict, report
  int threads = 1;
  bool verbose = false;  // messages of every step of every run to the runtime's log
  std::string profile;   // where ONNX Runtime writes what ran when: beginning of a path
};

struct ValueInfo {
  std::string name;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> shape;  // -1: open
};

class Session {
 public:
  Session(const Runtime& runtime, const std::string& model, const SessionSettings& settings);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::vector<ValueInfo>& inputs() const { return inputs_; }
  const std::vector<ValueInfo>& outputs() const { return outputs_; }

  // Inputs in the order of inputs(). The first `count` of outputs(). May be called by several threads at once.
  std::vector<Tensor> Run(const std::vector<Tensor>& inputs, size_t count = SIZE_MAX) const;

  // Ends the profile and returns its path.
  std::string EndProfile();

 private:
  std::vector<ValueInfo> Values(bool are_inputs) const;
  Tensor Copy(const OrtValue* value) const;

  const Runtime& runtime_;
  const OrtApi& api_;
  const bool verbose_;
  OrtSession* session_ = nullptr;
  std::vector<ValueInfo> inputs_, outputs_;
};

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_SESSION_H_
