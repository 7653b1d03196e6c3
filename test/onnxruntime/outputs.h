// What a model gave, and whether it is right.
#ifndef ISOQUANT_TEST_ONNXRUNTIME_OUTPUTS_H_
#define ISOQUANT_TEST_ONNXRUNTIME_OUTPUTS_H_

#include <string>
#include <vector>

#include "host/session.h"
#include "node_test.h"

namespace onnx_host {

using Outputs = std::vector<std::vector<Tensor>>;  // of each set of data

Outputs RunSets(const Session& session, const NodeTest& test);

// Throws std::runtime_error, with `what` was expected, if an output differs by more than the tolerance; if that is 0,
// if a bit differs.
void CompareSets(const Outputs& found, const Outputs& expected, double tolerance, const std::string& what);

// The same for the results of ONNX's reference evaluation, for the sets that have them.
void CompareWithReference(const Outputs& found, const NodeTest& test);
bool IsRight(const Outputs& found, const NodeTest& test);

}  // namespace onnx_host

#endif  // ISOQUANT_TEST_ONNXRUNTIME_OUTPUTS_H_
