#include "host/runtime.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace onnx_host {

const char* const kProvider = "IsoquantExecutionProvider";

namespace {

constexpr uint32_t kApiVersion = 23;  // the first with providers that are plug-ins

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

std::string AbsolutePath(const std::string& path) {
  char absolute[PATH_MAX];
  if (!realpath(path.c_str(), absolute)) throw std::runtime_error(path + ": " + std::strerror(errno));
  return absolute;
}

}  // namespace

std::string DefaultFolder() {
  std::string cache = Variable("ISOQUANT_DEPENDENCY_CACHE");
  if (cache.empty()) {
    const std::string xdg = Variable("XDG_CACHE_HOME");
    cache = (xdg.empty() ? Variable("HOME") + "/.cache" : xdg) + "/isoquant";
  }
  return cache + "/onnxruntime";
}

std::string DefaultRuntime() {
  const std::string path = Variable("ISOQUANT_ONNXRUNTIME");
  if (!path.empty()) return path;
#ifdef __aarch64__
  return DefaultFolder() + "/arm64/libonnxruntime.so.1";
#else
  return DefaultFolder() + "/x64/libonnxruntime.so.1";
#endif
}

std::string DefaultProvider() {
  const std::string path = Variable("ISOQUANT_ONNXRUNTIME_PROVIDER");
  if (!path.empty()) return path;
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof(program));
  std::string folder(program, length < 0 ? 0 : static_cast<size_t>(length));
  folder.resize(folder.rfind('/') + 1);
  for (const char* place : {"libisoquant_ep.so", "provider/libisoquant_ep.so"}) {
    if (access((folder + place).c_str(), R_OK) == 0) return folder + place;
  }
  return folder + "libisoquant_ep.so";
}

Runtime::Runtime(const std::string& path, Log log, void* log_data) : log_(log), log_data_(log_data) {
  library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) throw std::runtime_error(std::string("ONNX Runtime: ") + dlerror());
  using GetApiBase = const OrtApiBase* (*)();
  const auto get_api_base = reinterpret_cast<GetApiBase>(dlsym(library_, "OrtGetApiBase"));
  if (!get_api_base) throw std::runtime_error(path + " is not ONNX Runtime: it has no OrtGetApiBase");
  version_ = get_api_base()->GetVersionString();
  api_ = get_api_base()->GetApi(kApiVersion);
  if (!api_) throw std::runtime_error("ONNX Runtime " + version_ + " is too old: 1.23 is needed");
  const auto logging = [](void* self, OrtLoggingLevel, const char*, const char*, const char*, const char* message) {
    const Runtime& runtime = *static_cast<Runtime*>(self);
    if (runtime.log_) runtime.log_(runtime.log_data_, message);
  };
  if (log) {
    Check(api_->CreateEnvWithCustomLogger(logging, this, ORT_LOGGING_LEVEL_WARNING, "isoquant", &env_));
  } else {
    Check(api_->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "isoquant", &env_));
  }
  Check(api_->DisableTelemetryEvents(env_));
}

Runtime::~Runtime() {
  if (env_) api_->ReleaseEnv(env_);
  // The library stays: its threads and static objects do not like to be unloaded.
}

void Runtime::Check(OrtStatus* status) const {
  if (!status) return;
  const std::string message = api_->GetErrorMessage(status);
  api_->ReleaseStatus(status);
  throw std::runtime_error(message);
}

void Runtime::RegisterProvider(const std::string& path) {
  Check(api_->RegisterExecutionProviderLibrary(env_, kProvider, AbsolutePath(path).c_str()));
}

void Runtime::UnregisterProvider() { Check(api_->UnregisterExecutionProviderLibrary(env_, kProvider)); }

const OrtEpDevice* Runtime::ProviderDevice() const {
  const OrtEpDevice* const* devices = nullptr;
  size_t count = 0;
  Check(api_->GetEpDevices(env_, &devices, &count));
  for (size_t i = 0; i < count; ++i) {
    if (std::strcmp(api_->EpDevice_EpName(devices[i]), kProvider) == 0) return devices[i];
  }
  return nullptr;
}

}  // namespace onnx_host
