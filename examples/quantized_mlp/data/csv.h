// Tables of pictures. A line is one picture: its pixels and its label, separated by commas.
#ifndef QUANTIZED_MLP_DATA_CSV_H_
#define QUANTIZED_MLP_DATA_CSV_H_

#include <cstddef>
#include <string>

#include "data/table_format.h"

namespace quantized_mlp {

struct Dataset;

enum class CsvHeader { kFind, kYes, kNo };

struct CsvOptions {
  // What the user says.
  std::string label_column;  // first, last, none, a name in the header, or a number from 1; "": see below
  float max_pixel = 0;       // white; 0: see below
  CsvHeader header = CsvHeader::kFind;

  // What a network says: the format of the table that it was trained on, and its number of inputs; 0 without a network.
  TableFormat known;
  size_t inputs = 0;
  std::string known_from = "as the network says";
};

// A picture is square if its number of pixels is a square number, else one line. Rules for what the options leave open:
//
// * Header. The first line is one if it holds names, or if it counts 0, 1, 2, ... or 1, 2, 3, ..., as data frames do.
// * Label. It is in the column that the header calls label, labels, class, target or y, in capitals or not. If there is
//   none: a file with as many columns as the network has inputs holds no labels. Other files hold them in the column of
//   the network's own table, or, if the network does not know that, in the last. Without a network, a header that names
//   other things means no labels. Without a header they are in the first or in the last column, whichever alone can
//   hold them: small integers, not as large as pixels are, not too many for the lines, not nearly all the same.
// * White. It is that of the network's own table, else the smallest of 1, 16 and 255 that no pixel exceeds.
//
// Skips a UTF-8 mark in front, blank lines, quotes and Windows' line ends. Throws a std::runtime_error that names the
// file and the line if the text is no such table, or if a guess may be wrong: no column or several can be the label, or
// a column only numbers the lines.
Dataset ParseCsv(const std::string& text, const std::string& path, const CsvOptions& options);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_CSV_H_
