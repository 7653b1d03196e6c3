// What of a model the provider took, compared with what its test expects.
#ifndef ISOQUANT_TEST_ONNXRUNTIME_CLAIMS_H_
#define ISOQUANT_TEST_ONNXRUNTIME_CLAIMS_H_

#include <string>
#include <vector>

#include "host/profile.h"
#include "node_test.h"

namespace onnx_host {

// Whether ONNX Runtime computes nothing, but moves values at most.
bool IsProvidersAlone(const std::vector<ProfileRow>& rows);

// Throws unless ONNX Runtime's profile has the claims that are expected.
void CheckClaims(const NodeTest& test, const std::vector<ProfileRow>& rows);

// Reads the provider's report and removes it. Throws unless the groups are those expected, and the tier is `best_tier`
// (empty: any).
void CheckReport(const NodeTest& test, const std::string& path, const std::string& best_tier);

}  // namespace onnx_host

#endif  // ISOQUANT_TEST_ONNXRUNTIME_CLAIMS_H_
