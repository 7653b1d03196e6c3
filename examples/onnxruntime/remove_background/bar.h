// A line of progress on stderr, if that is a terminal; else it prints nothing.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_BAR_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_BAR_H_

#include <chrono>
#include <string>

namespace remove_background {

class Bar {
 public:
  explicit Bar(const std::string& label);
  ~Bar();  // wipes the line
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;

  // `part` from 0 to 1; below 0: nobody knows, and a block wanders.
  void Draw(double part, const std::string& what);

 private:
  const std::string label_;
  const bool is_terminal_;
  const std::chrono::steady_clock::time_point begin_;
  size_t drawn_ = 0;
};

}  // namespace remove_background

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_BAR_H_
