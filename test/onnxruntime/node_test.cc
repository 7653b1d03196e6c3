#include "node_test.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/npy.h"
#include "test/onnx_tensor.h"

namespace onnx_host {
namespace {

std::vector<Tensor> ReadTensors(const std::string& folder, const std::string& kind) {
  std::vector<Tensor> tensors;
  for (size_t i = 0;; ++i) {
    const std::string path = folder + "/" + kind + "_" + std::to_string(i) + ".pb";
    if (!IsFile(path)) return tensors;
    const isoquant::OnnxTensor read = isoquant::ReadOnnxTensor(path);
    // Types have the same numbers in ONNX's files and in ONNX Runtime's API.
    Tensor tensor = MakeTensor(static_cast<ONNXTensorElementDataType>(read.type),
                               std::vector<int64_t>(read.dims.begin(), read.dims.end()));
    if (!read.ok || read.data.size() != tensor.bytes.size()) throw std::runtime_error(path + ": cannot be read");
    std::copy(read.data.begin(), read.data.end(), tensor.bytes.begin());
    tensors.push_back(tensor);
  }
}

}  // namespace

bool IsFile(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::string> ListTests(const std::string& folder) {
  std::vector<std::string> tests;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
  if (!directory) throw std::runtime_error(folder + ": no such folder");
  while (const dirent* entry = readdir(directory.get())) {
    const std::string test = folder + "/" + entry->d_name;
    if (IsFile(test + "/model.onnx")) tests.push_back(test);
  }
  std::sort(tests.begin(), tests.end());
  return tests;
}

NodeTest ReadNodeTest(const std::string& folder) {
  NodeTest test;
  test.name = folder.substr(folder.rfind('/') + 1);
  test.model = folder + "/model.onnx";
  for (size_t i = 0; IsFile(folder + "/test_data_set_" + std::to_string(i) + "/input_0.pb"); ++i) {
    const std::string set = folder + "/test_data_set_" + std::to_string(i);
    test.sets.push_back({ReadTensors(set, "input"), ReadTensors(set, "output")});
  }
  if (test.sets.empty()) throw std::runtime_error("no set of data");
  if (IsFile(folder + "/expect.json")) {
    const auto expect = nlohmann::json::parse(ReadFile(folder + "/expect.json"));
    test.claims = expect["claims"];
    test.groups = expect.value("groups", "");
    test.runtime = expect["runtime"];
    test.tolerance = expect["tolerance"];
    test.is_strict = expect.value("strict", false);
    if (expect["expected"] != !test.sets[0].outputs.empty()) throw std::runtime_error("its outputs are missing");
  } else if (test.name.find("_expanded") != std::string::npos) {
    test.claims = "any";
  }
  return test;
}

}  // namespace onnx_host
