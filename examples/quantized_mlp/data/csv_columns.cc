// These rules refuse rather than guess wrong. Options overrule them.
#include "data/csv_columns.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "data/csv_header.h"
#include "support/text.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxGuessedLabel = 99;  // larger ones look like pixels
constexpr size_t kEnoughLines = 8;       // to see a rule in them

const char* const kLabelNames[] = {"label", "labels", "class", "target", "y"};
const char* const kIndexNames[] = {"", "id", "index", "imageid", "image_id", "unnamed: 0"};

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

// Why this column must not be guessed to hold the labels; "" if it may be.
std::string WhyNoLabels(const Table& table, size_t column, float largest_pixel) {
  std::vector<size_t> counts(kMaxGuessedLabel + 1);
  for (size_t at = column - 1; at < table.values.size(); at += table.columns) {
    const float value = table.values[at];
    if (!(value >= 0 && value <= float{kMaxGuessedLabel}) || value != std::floor(value)) {
      return "holds more than integers from 0 to " + std::to_string(kMaxGuessedLabel);
    }
    ++counts[static_cast<size_t>(value)];
  }
  while (counts.back() == 0) counts.pop_back();
  if (static_cast<float>(counts.size() - 1) == largest_pixel) return "goes as far as the pixels do";
  const size_t lines = table.num_lines();
  const size_t classes = counts.size() - static_cast<size_t>(std::count(counts.begin(), counts.end(), size_t{0}));
  if (classes == 1) return "holds one value alone";
  if (2 * classes > lines)
    return "holds " + std::to_string(classes) + " values in only " + std::to_string(lines) + " lines";
  if (2 * classes < counts.size()) return "holds few of the values up to its largest";
  if (10 * *std::max_element(counts.begin(), counts.end()) > 9 * lines) return "holds nearly always the same";
  return "";
}

// The column whose name `is_name` accepts, 0 if there is none.
template <class IsName>
size_t FindName(const Table& table, const std::string& path, const IsName& is_name) {
  const auto found = std::find_if(table.names.begin(), table.names.end(), is_name);
  if (found == table.names.end()) return 0;
  const auto second = std::find_if(found + 1, table.names.end(), is_name);
  if (second != table.names.end()) {
    Fail(path, "columns " + *found + " and " + *second + " may both be the label: --label-column says which");
  }
  return static_cast<size_t>(found - table.names.begin()) + 1;
}

size_t FindGiven(const Table& table, const std::string& given, const std::string& path) {
  if (given == "none") return 0;
  if (given == "first") return 1;
  if (given == "last") return table.columns;
  const std::string wanted = LowerCase(given);
  const size_t column = FindName(table, path, [&](const std::string& name) { return name == wanted; });
  if (column != 0) return column;
  float number = 0;
  if (ParseFloat(given, number) && number >= 1 && number <= static_cast<float>(table.columns) &&
      number == std::floor(number)) {
    return static_cast<size_t>(number);
  }
  Fail(path, "--label-column: there is no column " + given);
}

size_t Guess(const Table& table, const std::string& path, std::string& from) {
  float largest_pixel = -1;  // in the columns between first and last
  for (size_t at = 0; at < table.values.size(); ++at) {
    const size_t column = at % table.columns;
    if (column != 0 && column + 1 != table.columns) largest_pixel = std::max(largest_pixel, table.values[at]);
  }
  const std::string why_not_first = WhyNoLabels(table, 1, largest_pixel);
  const std::string why_not_last = WhyNoLabels(table, table.columns, largest_pixel);
  if (why_not_first.empty() == why_not_last.empty()) {
    Fail(path, "no header names the label, and " +
                   (why_not_first.empty() ? "both the first column and the last may hold it"
                                          : "neither the first column can hold it, which " + why_not_first +
                                                ", nor the last, which " + why_not_last) +
                   ": --label-column says where it is");
  }
  from = why_not_last.empty() ? "guessed: no header names it, and the first " + why_not_first
                              : "guessed: no header names it, and the last " + why_not_last;
  return why_not_last.empty() ? table.columns : 1;
}

}  // namespace

void FindLabelColumn(const Table& table, const CsvOptions& options, const std::string& path, Reading& reading) {
  const auto set = [&](size_t column, const std::string& from) {
    reading.format.label_column = column;
    reading.label_from = from;
  };
  if (!options.label_column.empty()) return set(FindGiven(table, options.label_column, path), "as given");
  const size_t named = FindName(table, path, [](const std::string& name) { return IsOneOf(name, kLabelNames); });
  if (named != 0) return set(named, "by its name");
  if (table.columns == options.inputs) return set(0, "as many columns as the network has inputs");
  if (options.known.label_column != 0) {
    return set(std::min(options.known.label_column, table.columns), options.known_from);
  }
  if (options.inputs == 0 && !table.names.empty()) return set(0, "none is called label, labels, class, target or y");
  reading.guessed_label = true;
  if (options.inputs != 0) return set(table.columns, "the last, as nothing else is known");
  std::string from;
  const size_t guess = Guess(table, path, from);
  set(guess, from);
}

void RefuseIndex(const Table& table, size_t label_column, const std::string& path) {
  const auto is_index = [&](size_t column) {
    if (column <= table.names.size() && IsOneOf(table.names[column - 1], kIndexNames)) return true;
    if (column != 1 || table.num_lines() < kEnoughLines) return false;
    for (size_t i = 0; i < table.num_lines(); ++i) {
      if (table.values[i * table.columns] != table.values[0] + static_cast<float>(i)) return false;
    }
    return true;
  };
  for (size_t i = 1; i <= table.columns; ++i) {
    if (i == label_column || !is_index(i)) continue;
    Fail(path,
         "column " + std::to_string(i) + " numbers the lines, it is no pixel: leave it out (pandas: index=False)");
  }
}

void RefuseMangledNames(const Table& table, const std::string& path) {
  if (table.num_lines() < kEnoughLines) return;
  const auto is_integer = [](float value) { return value == std::floor(value); };
  const auto second = table.values.begin() + static_cast<std::ptrdiff_t>(table.columns);
  if (!std::all_of(table.values.begin(), second, is_integer) && std::all_of(second, table.values.end(), is_integer)) {
    Fail(path, "the first line holds fractions, and no other does: --header says whether it is one, yes or no");
  }
}

}  // namespace quantized_mlp
