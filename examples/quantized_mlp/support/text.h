// Formats, aligns and parses numbers.
#ifndef QUANTIZED_MLP_SUPPORT_TEXT_H_
#define QUANTIZED_MLP_SUPPORT_TEXT_H_

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

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

// Rounds to nearest; infinite if too large. False unless all of the text is a decimal number. (std::from_chars does
// this too, but not in every C++17 library. strtof alone would take spaces, hexadecimal, "nan" and "infinity".)
inline bool ParseFloat(std::string_view text, float& value) {
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != text.npos || text[0] == '+') return false;
  const std::string copy(text);  // strtof stops at a NUL
  char* end = nullptr;
  value = std::strtof(copy.c_str(), &end);
  return end == copy.c_str() + copy.size();
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_TEXT_H_
