// ONNX Runtime, loaded while the program runs, and Isoquant's execution provider in it. Only its C API is used. What
// goes wrong is thrown as std::runtime_error with the words of ONNX Runtime.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_RUNTIME_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_RUNTIME_H_

#include <onnxruntime_c_api.h>

#include <string>

namespace onnx_host {

extern const char* const kProvider;  // its name in ONNX Runtime

// Where setup.sh puts all that it gets.
std::string DefaultFolder();
// Where it puts the runtime for this CPU; ISOQUANT_ONNXRUNTIME, a path, goes first.
std::string DefaultRuntime();
// libisoquant_ep.so beside the program, or below its folder's `provider`; ISOQUANT_ONNXRUNTIME_PROVIDER, a path, goes
// first.
std::string DefaultProvider();

class Runtime {
 public:
  // Called with each message of a session that is opened with `verbose`. May be called by several threads.
  using Log = void (*)(void* data, const char* message);

  explicit Runtime(const std::string& path, Log log = nullptr, void* log_data = nullptr);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const OrtApi& api() const { return *api_; }
  OrtEnv* env() const { return env_; }
  std::string version() const { return version_; }

  // Sessions of a provider must be gone before it is.
  void RegisterProvider(const std::string& path);
  void UnregisterProvider();
  // The provider's device; null if it has none, because it is not registered.
  const OrtEpDevice* ProviderDevice() const;

  void Check(OrtStatus* status) const;

 private:
  void* library_ = nullptr;
  const OrtApi* api_ = nullptr;
  OrtEnv* env_ = nullptr;
  std::string version_;
  Log log_;
  void* log_data_;
};

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_RUNTIME_H_
