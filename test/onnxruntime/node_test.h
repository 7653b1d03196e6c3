// A test as ONNX writes its node tests: a folder with a model, and sets of inputs and outputs.
#ifndef ISOQUANT_TEST_ONNXRUNTIME_NODE_TEST_H_
#define ISOQUANT_TEST_ONNXRUNTIME_NODE_TEST_H_

#include <string>
#include <vector>

#include "host/tensor.h"

namespace onnx_host {

struct DataSet {
  std::vector<Tensor> inputs, outputs;  // outputs: of ONNX's reference evaluation; empty if it has none
};

struct NodeTest {
  std::string name, model;
  std::vector<DataSet> sets;
  // Of expect.json (models/case.py says what they mean). Without that file all nodes must be claimed, but those of
  // functions that are written out.
  std::string claims = "all", groups, runtime = "equal";
  double tolerance = 0;
  bool is_strict = false;
};

// Reads the test in that folder. Throws std::runtime_error.
NodeTest ReadNodeTest(const std::string& folder);

// Folders with a model in that folder, sorted.
std::vector<std::string> ListTests(const std::string& folder);

bool IsFile(const std::string& path);

}  // namespace onnx_host

#endif  // ISOQUANT_TEST_ONNXRUNTIME_NODE_TEST_H_
