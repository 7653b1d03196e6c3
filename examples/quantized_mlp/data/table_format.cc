// Says how a table was read.
#include "data/table_format.h"

#include "support/text.h"

namespace quantized_mlp {

bool IsUsableWhite(float white) { return white >= 1e-6f && white <= 65535; }

std::string Describe(const Reading& reading) {
  const size_t column = reading.format.label_column;
  std::string text =
      "white is " + Format("%g", static_cast<double>(reading.format.max_pixel)) + " (" + reading.white_from + ")";
  if (reading.label_from.empty()) return text;
  text += column == 0 ? "; no labels" : "; the label is in column " + std::to_string(column);
  return text + " (" + reading.label_from + ")";
}

}  // namespace quantized_mlp
