// Layer 7: the options of the provider.
#ifndef ISOQUANT_PROVIDER_EP_OPTIONS_H_
#define ISOQUANT_PROVIDER_EP_OPTIONS_H_

#include <string>
#include <vector>

#include "api/api.h"

namespace isoquant_provider {

constexpr const char* kProviderName = "IsoquantExecutionProvider";

// Entries of the session's configuration, "ep.isoquantexecutionprovider.<key>".
struct Options {
  std::string max_tier;                         // as ISOQUANT_MAX_TIER
  std::string disabled_tiers;                   // as ISOQUANT_DISABLE: those names of `disable` that are no operators
  std::vector<std::string> disabled_operators;  // "Softmax": left to ONNX Runtime
  bool is_strict = false;                       // "1": it is an error if an operator of 8-bit integers is not claimed
  std::string report;                           // a file, or "stderr"; empty: none
};

// Throws if `strict` is neither "0" nor "1".
Options ReadOptions(const OrtSessionOptions* session_options);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_EP_OPTIONS_H_
