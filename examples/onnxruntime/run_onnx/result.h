// What run_onnx says.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_RESULT_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_RESULT_H_

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "host/session.h"

namespace onnx_host {

// Name, type, shape and digest of each.
nlohmann::json ToJson(const std::vector<ValueInfo>& infos, const std::vector<Tensor>& tensors);

// The whole result as text.
void PrintResult(const nlohmann::json& result);

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_RESULT_H_
