// Which column of a table holds the labels.
#ifndef QUANTIZED_MLP_DATA_CSV_COLUMNS_H_
#define QUANTIZED_MLP_DATA_CSV_COLUMNS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "data/csv.h"

namespace quantized_mlp {

constexpr size_t kMaxLabel = 999;

struct Table {
  std::vector<std::string> names;  // in lower case; empty without a header, or if the header only counts
  size_t columns = 0;
  std::vector<float> values;  // row-major
  size_t num_lines() const { return columns == 0 ? 0 : values.size() / columns; }
};

// Finds the label's column by the rules of csv.h and sets it in `reading`. Throws a std::runtime_error that begins with
// `path`.
void FindLabelColumn(const Table& table, const CsvOptions& options, const std::string& path, Reading& reading);

// Throws if a column other than the label's numbers the lines. Data frames write their index so.
void RefuseIndex(const Table& table, size_t label_column, const std::string& path);

// Throws if the first line alone holds fractions. Data frames that take a line of numbers for names write equal ones as
// 0, 0.1, 0.2, ...
void RefuseMangledNames(const Table& table, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_CSV_COLUMNS_H_
