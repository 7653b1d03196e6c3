// Files of numpy: one tensor each.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_NPY_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_NPY_H_

#include <string>

#include "host/tensor.h"

namespace onnx_host {

// Versions 1 to 3, little-endian, in C's order; else std::runtime_error names the file and what is wrong.
Tensor ReadNpy(const std::string& path);
void WriteNpy(const std::string& path, const Tensor& tensor);

std::string ReadFile(const std::string& path);

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_NPY_H_
