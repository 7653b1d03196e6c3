// Numbers and words in columns.
#ifndef QUANTIZED_MLP_TEXT_H_
#define QUANTIZED_MLP_TEXT_H_

#include <algorithm>
#include <cstdio>
#include <string>

namespace quantized_mlp {

inline std::string Format(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

inline std::string AlignRight(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

inline std::string AlignLeft(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TEXT_H_
