// What ran where: sums of ONNX Runtime's profile of a session.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_PROFILE_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_PROFILE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace onnx_host {

struct ProfileRow {
  std::string provider;   // "CPUExecutionProvider"
  std::string operation;  // "Resize"; of Isoquant: "group"
  size_t nodes = 0;
  double seconds = 0;  // of all runs
};

// The most time first. Reads the file and removes it.
std::vector<ProfileRow> ReadProfile(const std::string& path);

// Nodes of one provider.
size_t CountNodes(const std::vector<ProfileRow>& rows, const std::string& provider);

}  // namespace onnx_host

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_HOST_PROFILE_H_
