// Tells names from numbers.
#include "data/csv_header.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "support/text.h"

namespace quantized_mlp {
namespace {

// How tables write a value that is missing.
const char* const kNoNames[] = {"nan", "inf", "na", "null", "none"};

}  // namespace

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string_view Trim(std::string_view field) {
  while (!field.empty() && (field.front() == ' ' || field.front() == '\t')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  return field;
}

std::vector<std::string> SplitFields(std::string_view line) {
  std::vector<std::string> fields;
  for (bool more = true; more;) {
    const size_t comma = line.find(',');
    more = comma != line.npos;
    fields.push_back(LowerCase(std::string(Trim(line.substr(0, comma)))));
    if (more) line.remove_prefix(comma + 1);
  }
  return fields;
}

bool OnlyCounts(const std::vector<std::string>& fields) {
  float value = 0;
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& field) { return ParseFloat(field, value); });
}

bool IsHeader(const std::vector<std::string>& fields) {
  bool has_names = false;
  float next = 0, slack = 1;  // a name may stand where a number is left out
  for (const std::string& field : fields) {
    float value = 0;
    if (ParseFloat(field, value)) {
      if (value < next || value > next + slack || value != std::floor(value)) return false;
      next = value + 1;
      slack = 0;
    } else if (IsOneOf(field, kNoNames) || (field.empty() && &field != &fields[0])) {
      return false;
    } else {
      has_names = true;
      ++slack;
    }
  }
  return has_names || fields.size() >= 3;  // two numbers are a pixel and a label
}

}  // namespace quantized_mlp
