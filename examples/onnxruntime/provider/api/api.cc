#include "api/api.h"

namespace isoquant_provider {
namespace {

const OrtApi* api = nullptr;
const OrtEpApi* ep_api = nullptr;

}  // namespace

void SetApi(const OrtApiBase& base) {
  const OrtApi* const found = base.GetApi(kApiVersion);
  if (found == nullptr)
    throw Error(std::string("ONNX Runtime 1.23 or later is needed; this is ") + base.GetVersionString());
  api = found;
  ep_api = found->GetEpApi();
}

const OrtApi& Api() { return *api; }
const OrtEpApi& EpApi() { return *ep_api; }

void Check(OrtStatus* status) {
  if (status == nullptr) return;
  const std::string text = Api().GetErrorMessage(status);
  Api().ReleaseStatus(status);
  throw Error(text);
}

void Check(const isoquant::Status& status) {
  if (!status.ok()) throw Error(status.ToString());
}

OrtStatus* MakeStatus(const char* text) noexcept { return Api().CreateStatus(ORT_EP_FAIL, text); }

}  // namespace isoquant_provider
