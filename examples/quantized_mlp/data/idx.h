// The files of MNIST and its successors: magic, sizes (big-endian), bytes (http://yann.lecun.com/exdb/mnist).
#ifndef QUANTIZED_MLP_DATA_IDX_H_
#define QUANTIZED_MLP_DATA_IDX_H_

#include <string>
#include <vector>

#include "data/dataset.h"

namespace quantized_mlp {

// Pixels of 0..255 become [0, 1]. Throw std::runtime_error that names the file, for any bytes.
Dataset ParseIdxImages(const std::string& bytes, const std::string& path);
std::vector<size_t> ParseIdxLabels(const std::string& bytes, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_IDX_H_
