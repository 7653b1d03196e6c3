// Layer 7: what the library exports: a factory of providers.
#include <cstring>

#include "ep/provider.h"

namespace isoquant_provider {
namespace {

class Factory final : public OrtEpFactory {
 public:
  Factory() : OrtEpFactory{} {
    ort_version_supported = kApiVersion;
    GetName = [](const OrtEpFactory*) noexcept { return kProviderName; };
    GetVendor = [](const OrtEpFactory*) noexcept { return "Isoquant"; };
    GetVendorId = [](const OrtEpFactory*) noexcept { return uint32_t{0}; };
    GetVersion = [](const OrtEpFactory*) noexcept { return ISOQUANT_PROVIDER_VERSION; };
    GetSupportedDevices = FindDevices;
    CreateEp = [](OrtEpFactory*, const OrtHardwareDevice* const*, const OrtKeyValuePairs* const*, size_t,
                  const OrtSessionOptions* options, const OrtLogger*,
                  OrtEp** ep) noexcept { return Guard([&] { *ep = new Provider(options); }); };
    ReleaseEp = [](OrtEpFactory*, OrtEp* ep) noexcept { delete static_cast<Provider*>(ep); };
    // Tensors are the CPU's. ONNX Runtime calls these even so.
    CreateAllocator = [](OrtEpFactory*, const OrtMemoryInfo*, const OrtKeyValuePairs*,
                         OrtAllocator** allocator) noexcept -> OrtStatus* {
      *allocator = nullptr;
      return nullptr;
    };
    ReleaseAllocator = [](OrtEpFactory*, OrtAllocator*) noexcept {};
    CreateDataTransfer = [](OrtEpFactory*, OrtDataTransferImpl** transfer) noexcept -> OrtStatus* {
      *transfer = nullptr;
      return nullptr;
    };
    IsStreamAware = [](const OrtEpFactory*) noexcept { return false; };
  }

 private:
  static OrtStatus* ORT_API_CALL FindDevices(OrtEpFactory* factory, const OrtHardwareDevice* const* devices,
                                             size_t count, OrtEpDevice** found, size_t max_found,
                                             size_t* num_found) noexcept {
    return Guard([&] {
      *num_found = 0;
      for (size_t i = 0; i < count && *num_found < max_found; ++i) {
        if (Api().HardwareDevice_Type(devices[i]) != OrtHardwareDeviceType_CPU) continue;
        Check(EpApi().CreateEpDevice(factory, devices[i], nullptr, nullptr, &found[*num_found]));
        ++*num_found;
      }
    });
  }
};

}  // namespace
}  // namespace isoquant_provider

extern "C" {

[[gnu::visibility("default")]] OrtStatus* CreateEpFactories(const char*, const OrtApiBase* base, const OrtLogger*,
                                                            OrtEpFactory** factories, size_t max_factories,
                                                            size_t* num_factories) noexcept {
  using namespace isoquant_provider;  // NOLINT: a function of C
  // Without this version of the API there are no functions to make a status with, but those of an older one.
  if (base->GetApi(kApiVersion) == nullptr) {
    return base->GetApi(1)->CreateStatus(ORT_FAIL, "Isoquant needs ONNX Runtime 1.23 or later");
  }
  SetApi(*base);
  if (max_factories == 0) return MakeStatus("Isoquant: there is no room for a factory");
  return Guard([&] {
    factories[0] = new Factory();
    *num_factories = 1;
  });
}

[[gnu::visibility("default")]] OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) noexcept {
  delete static_cast<isoquant_provider::Factory*>(factory);
  return nullptr;
}

}  // extern "C"
