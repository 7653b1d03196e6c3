// Tables of pictures: a line for each, its pixels and its label separated by commas.
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

  // What is known besides: the format of the table that a network was trained on, and its number of inputs; 0 without.
  TableFormat known;
  size_t inputs = 0;
  std::string known_from = "as the network says";
};

// Pictures are square where the number of pixels is a square number, else one line. What the options leave open:
//
// * Header: the first line is one if it holds names, or counts 0, 1, 2, ... or 1, 2, 3, ... as data frames write it.
// * Label: the column that the header calls label, labels, class, target or y, in capitals or not. Without: as in the
//   network's own table, in files that have a column more than the network has inputs (if it does not say: the last);
//   and nowhere in files that have not. Without a network: the last or the first, whichever alone can be one (small
//   integers, not as far as pixels go, not too many for the lines, not nearly all the same); nowhere if a header names
//   other things.
// * White: as in the network's own table. Without: the smallest of 1, 16 and 255 that no pixel exceeds.
//
// A UTF-8 mark in front, blank lines, quotes and Windows' line ends are skipped. Throws std::runtime_error that names
// the file and the line, for any text, and where a guess cannot be right: nothing or several things can be the label, a
// column counts the lines.
Dataset ParseCsv(const std::string& text, const std::string& path, const CsvOptions& options);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_CSV_H_
