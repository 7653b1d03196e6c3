// Tells whether the first line of a table names its columns or holds data.
#ifndef QUANTIZED_MLP_DATA_CSV_HEADER_H_
#define QUANTIZED_MLP_DATA_CSV_HEADER_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace quantized_mlp {

// The field without spaces and quotes around it.
std::string_view Trim(std::string_view field);
// The fields of a line, trimmed, in lower case.
std::vector<std::string> SplitFields(std::string_view line);

// Whether a first line with these fields is a header. It is one if it holds names, perhaps with numbers among them that
// count up; or if it holds only numbers that count from 0 or 1.
bool IsHeader(const std::vector<std::string>& fields);

// Whether all fields are numbers.
bool OnlyCounts(const std::vector<std::string>& fields);

std::string LowerCase(std::string text);

template <size_t kCount>
bool IsOneOf(const std::string& name, const char* const (&names)[kCount]) {
  return std::find(names, names + kCount, name) != names + kCount;
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_CSV_HEADER_H_
