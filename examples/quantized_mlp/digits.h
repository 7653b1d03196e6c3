// The data: small pictures of handwritten digits, and how they are split into a part to train on and a part to test on.
#ifndef QUANTIZED_MLP_DIGITS_H_
#define QUANTIZED_MLP_DIGITS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/matrix_view.h"

namespace quantized_mlp {

struct Digits {
  static constexpr size_t kSide = 8;
  static constexpr size_t kPixels = kSide * kSide;
  static constexpr size_t kClasses = 10;

  std::vector<float> pixels;   // kPixels in [0, 1] for each image, row by row
  std::vector<size_t> labels;  // below kClasses

  size_t size() const { return labels.size(); }
  isoquant::MatrixView<const float> images() const { return {pixels.data(), size(), kPixels}; }
};

// Reads lines of 64 pixels in 0..16 and a label, separated by commas; gzip-compressed or plain. Throws
// std::runtime_error that names the file and the line.
Digits ReadDigits(const std::string& path);

// 80 % to train on, 20 % to test on: the same split on every machine and in every run, so that no network is ever
// tested on an image that it was trained on.
struct Split {
  Digits train, test;
};
Split SplitDigits(const Digits& all);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DIGITS_H_
