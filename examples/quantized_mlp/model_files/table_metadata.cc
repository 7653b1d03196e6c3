// Writes numbers as text that gives the same numbers back.
#include "model_files/table_metadata.h"

#include <cmath>
#include <stdexcept>

#include "support/text.h"

namespace quantized_mlp {
namespace {

constexpr float kMaxColumn = 1 << 24;  // f32 is exact up to here

float Get(const Metadata& metadata, const std::string& path, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return 0;
  float value = 0;
  if (ParseFloat(found->second, value) && value > 0) return value;
  throw std::runtime_error(path + ": __metadata__ has a " + key + " that is no positive number");
}

}  // namespace

Metadata ToMetadata(const TableFormat& format) {
  Metadata metadata;
  if (format.max_pixel != 0) metadata["max_pixel"] = Format("%.9g", static_cast<double>(format.max_pixel));
  if (format.label_column != 0) metadata["label_column"] = std::to_string(format.label_column);
  return metadata;
}

TableFormat FromMetadata(const Metadata& metadata, const std::string& path) {
  TableFormat format;
  format.max_pixel = Get(metadata, path, "max_pixel");
  if (format.max_pixel != 0 && !IsUsableWhite(format.max_pixel)) {
    throw std::runtime_error(path + ": __metadata__ has a max_pixel that is not in [1e-6, 65535]");
  }
  const float column = Get(metadata, path, "label_column");
  if (column != std::floor(column) || column > kMaxColumn) {
    throw std::runtime_error(path + ": __metadata__ has a label_column that is no number of a column");
  }
  format.label_column = static_cast<size_t>(column);
  return format;
}

}  // namespace quantized_mlp
