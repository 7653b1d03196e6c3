// Runs a function in a process of its own.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_CHILD_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_CHILD_H_

#include <functional>
#include <string>

namespace remove_background {

struct ChildResult {
  std::string bytes;          // what the function returned
  double peak_mebibytes = 0;  // the largest part of its memory that was resident
};

// Calls `work` in a child, and meanwhile `wait` here, some ten times a second, with the last line that the child said.
// What `work` throws is thrown here; std::runtime_error also if a signal ended the child. No thread may run yet.
ChildResult RunInChild(const std::function<std::string(const std::function<void(const std::string&)>& say)>& work,
                       const std::function<void(const std::string& said)>& wait);

}  // namespace remove_background

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_CHILD_H_
