#include "run_onnx/inputs.h"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "host/npy.h"

namespace onnx_host {
namespace {

void RefuseUnknown(const std::vector<ValueInfo>& inputs, const std::map<std::string, std::string>& names) {
  for (const auto& entry : names) {
    std::string known;
    bool is_known = false;
    for (const ValueInfo& input : inputs) {
      is_known = is_known || input.name == entry.first;
      known += (known.empty() ? "" : ", ") + input.name;
    }
    if (!is_known) throw std::runtime_error("no input is named " + entry.first + "; there are: " + known);
  }
}

int64_t ParseSize(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const long long size = std::strtoll(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != 0 || size < 0) {
    throw std::runtime_error("--dim " + name + "=" + text + ": expected a size");
  }
  return size;
}

}  // namespace

std::vector<Tensor> MakeInputs(const std::vector<ValueInfo>& inputs, const std::map<std::string, std::string>& files,
                               const std::map<std::string, std::string>& dimensions) {
  RefuseUnknown(inputs, files);
  RefuseUnknown(inputs, dimensions);
  std::vector<Tensor> tensors;
  for (const ValueInfo& input : inputs) {
    const auto file = files.find(input.name);
    if (file != files.end()) {
      tensors.push_back(ReadNpy(file->second));
      if (tensors.back().type != input.type) {
        throw std::runtime_error(file->second + " is " + Describe(tensors.back().type, tensors.back().shape) +
                                 ", the input " + input.name + " is " + Describe(input.type, input.shape));
      }
      continue;
    }
    if (ElementSize(input.type) == 0) throw std::runtime_error(input.name + " has " + TypeName(input.type));
    std::vector<int64_t> shape = input.shape;
    const auto given = dimensions.find(input.name);
    for (int64_t& dimension : shape) {
      if (dimension < 0) dimension = given == dimensions.end() ? 1 : ParseSize(given->first, given->second);
    }
    tensors.push_back(MakeTensor(input.type, shape));
    FillRandomly(tensors.back(), tensors.size());
  }
  return tensors;
}

std::string TemporaryPath() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder ? folder : "/tmp") + "/run_onnx-" + std::to_string(getpid());
}

}  // namespace onnx_host
