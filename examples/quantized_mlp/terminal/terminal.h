// Draws on a terminal: a picture in half blocks, bars, and a line of progress that is written over.
#ifndef QUANTIZED_MLP_TERMINAL_TERMINAL_H_
#define QUANTIZED_MLP_TERMINAL_TERMINAL_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "training/train.h"

namespace quantized_mlp {

// Whether stdout, or stderr, is a terminal.
bool IsStdoutTerminal();
bool IsStderrTerminal();

// Draws two pixels, one above the other, as one character. With `colour` they are shades of grey, by escape sequences.
// Without, a pixel is white if it is brighter than half of the brightest. Pictures of more than 120 columns are made
// smaller.
void PrintPicture(std::ostream& out, const float* pixels, size_t width, size_t height, bool colour);

// Prints a line for each of the `count` most probable classes: name, bar, percent.
void PrintBars(std::ostream& out, const std::vector<float>& probabilities, const std::vector<std::string>& names,
               size_t count);

// The softmax of an image's logits.
std::vector<float> Softmax(const std::vector<float>& logits);

// "epoch  3/40 [######----] loss 0.3121, 88.92 % right, 12 s left", to be written over by the next.
std::string ProgressLine(const Progress& progress, size_t epochs);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TERMINAL_TERMINAL_H_
