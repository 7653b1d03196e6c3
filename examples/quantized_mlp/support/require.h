// Isoquant throws nothing. Require makes an exception of a failed call, which main reports.
#ifndef QUANTIZED_MLP_SUPPORT_REQUIRE_H_
#define QUANTIZED_MLP_SUPPORT_REQUIRE_H_

#include <stdexcept>

#include "isoquant/status.h"

namespace quantized_mlp {

inline void Require(const isoquant::Status& status) {
  if (!status.ok()) throw std::runtime_error("isoquant: " + status.ToString());
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_REQUIRE_H_
