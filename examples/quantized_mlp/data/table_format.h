// How numbers in a table became the pictures that a network was trained on. The network keeps it, so that the same line
// is the same picture to it ever after, whatever else its file holds.
#ifndef QUANTIZED_MLP_DATA_TABLE_FORMAT_H_
#define QUANTIZED_MLP_DATA_TABLE_FORMAT_H_

#include <cstddef>
#include <string>

namespace quantized_mlp {

struct TableFormat {
  float max_pixel = 0;      // white, the number that becomes 1; 0: not known
  size_t label_column = 0;  // counted from 1; 0: none, or not known
};

// How a file was read, and why so: for reports.
struct Reading {
  TableFormat format;
  bool guessed_white = false, guessed_label = false;  // neither given nor known
  std::string white_from, label_from;
};

// "white is 16 (...); the label is in column 65 (...)"
std::string Describe(const Reading& reading);

// White in [1e-6, 65535].
bool IsUsableWhite(float white);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_TABLE_FORMAT_H_
