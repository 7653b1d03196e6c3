#include "outputs.h"

#include <stdexcept>

namespace onnx_host {
namespace {

void Compare(const std::vector<Tensor>& found, const std::vector<Tensor>& expected, double tolerance,
             const std::string& what) {
  if (found.size() != expected.size()) throw std::runtime_error(what + " has another number of outputs");
  for (size_t i = 0; i < found.size(); ++i) {
    const double difference = LargestDifference(found[i], expected[i]);
    if (difference <= tolerance && (tolerance != 0 || found[i].bytes == expected[i].bytes)) continue;
    throw std::runtime_error("output " + std::to_string(i) + " differs by " + std::to_string(difference) + " from " +
                             what + " (" + Describe(found[i].type, found[i].shape) + ", expected " +
                             Describe(expected[i].type, expected[i].shape) + ")");
  }
}

}  // namespace

Outputs RunSets(const Session& session, const NodeTest& test) {
  Outputs outputs;
  for (const DataSet& set : test.sets) outputs.push_back(session.Run(set.inputs));
  return outputs;
}

void CompareSets(const Outputs& found, const Outputs& expected, double tolerance, const std::string& what) {
  for (size_t i = 0; i < found.size(); ++i) {
    Compare(found[i], expected[i], tolerance, what + (i == 0 ? "" : ", set " + std::to_string(i)));
  }
}

void CompareWithReference(const Outputs& found, const NodeTest& test) {
  for (size_t i = 0; i < test.sets.size(); ++i) {
    if (test.sets[i].outputs.empty()) continue;
    Compare(found[i], test.sets[i].outputs, test.tolerance, "ONNX's reference, set " + std::to_string(i));
  }
}

bool IsRight(const Outputs& found, const NodeTest& test) {
  try {
    CompareWithReference(found, test);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace onnx_host
