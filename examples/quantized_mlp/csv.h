// Tables of pictures: a line for each, its pixels and its label separated by commas.
#ifndef QUANTIZED_MLP_CSV_H_
#define QUANTIZED_MLP_CSV_H_

#include <string>

namespace quantized_mlp {

struct Dataset;

enum class LabelColumn { kFirst, kLast, kNone };

struct CsvOptions {
  LabelColumn label = LabelColumn::kLast;  // a first line with a column named "label" or "class" says better
  float max_pixel = 0;                     // white; 0: the smallest of 1, 16 and 255 that no pixel exceeds
};

// Pictures are square where the number of pixels is a square number, else one line. Throws std::runtime_error that
// names the file and the line, for any text.
Dataset ParseCsv(const std::string& text, const std::string& path, const CsvOptions& options);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_CSV_H_
