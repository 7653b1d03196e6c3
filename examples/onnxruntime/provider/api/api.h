// Layer 1: the C API of ONNX Runtime, and how errors cross its border.
//
// Inside the provider errors are exceptions. Guard stands at the border: every callback of ours runs in it, and what
// was thrown becomes an OrtStatus. Check is the way back.
#ifndef ISOQUANT_PROVIDER_API_API_H_
#define ISOQUANT_PROVIDER_API_API_H_

#include <onnxruntime_c_api.h>

#include <new>
#include <stdexcept>
#include <string>

#include "isoquant/status.h"

namespace isoquant_provider {

// The version of the API that is asked for. Any ONNX Runtime from 1.23 on has it.
constexpr uint32_t kApiVersion = 23;

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The tables of functions. SetApi comes first; it throws if this ONNX Runtime lacks kApiVersion.
void SetApi(const OrtApiBase& base);
const OrtApi& Api();
const OrtEpApi& EpApi();

// Throw Error unless all is well. An OrtStatus is released.
void Check(OrtStatus* status);
void Check(const isoquant::Status& status);

// An OrtStatus with this text.
OrtStatus* MakeStatus(const char* text) noexcept;

// Calls f(); null, or what f threw.
template <class F>
OrtStatus* Guard(const F& f) noexcept {
  try {
    f();
    return nullptr;
  } catch (const std::bad_alloc&) {
    return MakeStatus("Isoquant: out of memory");
  } catch (const std::exception& error) {
    return MakeStatus(error.what());
  } catch (...) {
    return MakeStatus("Isoquant: unknown error");
  }
}

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_API_API_H_
