// How the numbers of a table became the pictures that a network was trained on. The network keeps this, so that a line
// is always the same picture to it, whatever other lines are in the file.
#ifndef QUANTIZED_MLP_DATA_TABLE_FORMAT_H_
#define QUANTIZED_MLP_DATA_TABLE_FORMAT_H_

#include <cstddef>
#include <string>

namespace quantized_mlp {

struct TableFormat {
  float max_pixel = 0;      // white, the number that becomes 1; 0: not known
  size_t label_column = 0;  // counted from 1; 0: none, or not known
};

// How a file was read, and for what reason. Reports print it.
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
