// Inputs of any model.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_INPUTS_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_INPUTS_H_

#include <map>
#include <string>
#include <vector>

#include "host/session.h"
#include "host/tensor.h"

namespace onnx_host {

// From `files` (name, path of a .npy), else random ones with `dimensions` (name, size) for what their shapes leave
// open. Throws std::runtime_error for names that no input has, and for files of another type.
std::vector<Tensor> MakeInputs(const std::vector<ValueInfo>& inputs, const std::map<std::string, std::string>& files,
                               const std::map<std::string, std::string>& dimensions);

// The beginning of a path in the folder for temporary files, of this process alone.
std::string TemporaryPath();

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_RUN_ONNX_INPUTS_H_
