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

// Sets what `reading` says of the label. Throws std::runtime_error that begins with `path`.
void FindLabelColumn(const Table& table, const CsvOptions& options, const std::string& path, Reading& reading);

// Throws if a column other than the label numbers the lines, as data frames write their index; or if the first line
// alone holds fractions, as data frames write a first line that they took for names (0, 0.1, 0.2, ...).
void RefuseIndex(const Table& table, size_t label_column, const std::string& path);
void RefuseMangledNames(const Table& table, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_CSV_COLUMNS_H_
