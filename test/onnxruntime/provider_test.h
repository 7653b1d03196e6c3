// What the tests of the provider as a guest share.
#ifndef ISOQUANT_TEST_ONNXRUNTIME_PROVIDER_TEST_H_
#define ISOQUANT_TEST_ONNXRUNTIME_PROVIDER_TEST_H_

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "host/npy.h"
#include "host/session.h"
#include "node_test.h"

namespace onnx_host {

// The folder of the models that models/make_models.py wrote; it is set by CTest.
inline std::string ModelPath(const std::string& name) {
  const char* folder = std::getenv("ISOQUANT_ONNXRUNTIME_MODELS");
  return std::string(folder ? folder : "models") + "/" + name;
}

// One for the process, as ONNX Runtime has one environment.
inline Runtime& TheRuntime() {
  static Runtime runtime(DefaultRuntime(), [](void*, const char*) {});  // errors are awaited here, nobody reads of them
  return runtime;
}

struct Registered {
  Registered() { TheRuntime().RegisterProvider(DefaultProvider()); }
  ~Registered() { TheRuntime().UnregisterProvider(); }
};

// What the work throws, or nothing.
template <class F>
std::string ErrorOf(const F& work) {
  try {
    work();
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

inline bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace onnx_host

#endif  // ISOQUANT_TEST_ONNXRUNTIME_PROVIDER_TEST_H_
