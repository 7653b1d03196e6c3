// The data: grey pictures of one size with labels, and the parts to train on and to test on.
#ifndef QUANTIZED_MLP_DATA_DATASET_H_
#define QUANTIZED_MLP_DATA_DATASET_H_

#include <cstddef>
#include <string>
#include <vector>

#include "data/csv.h"
#include "data/table_format.h"
#include "isoquant/matrix_view.h"

namespace quantized_mlp {

struct Dataset {
  size_t width = 0, height = 0;
  std::vector<float> pixels;   // width * height in [0, 1] for each image, row by row
  std::vector<size_t> labels;  // one for each image, or none at all
  Reading reading;             // how they were read

  size_t num_pixels() const { return width * height; }
  size_t size() const { return num_pixels() == 0 ? 0 : pixels.size() / num_pixels(); }
  isoquant::MatrixView<const float> images() const { return {pixels.data(), size(), num_pixels()}; }
};

struct Split {
  Dataset train, test;
  size_t classes = 0;  // 1 + the largest label
};

// Loads the images to train on and those to test on. `path` is
// * a folder with IDX files under MNIST's names (train-images-idx3-ubyte, t10k-labels-idx1-ubyte, ...), or with
//   train.csv and test.csv, each with or without ".gz"; or
// * one CSV file, which SplitDataset divides.
//
// A path that does not exist is looked for in /usr/share/datasets too: "fashion-mnist" is what Debian's package
// dataset-fashion-mnist installs there. White in test.csv is that of train.csv, and so is the label's column if the
// header does not name it.
//
// Throws a std::runtime_error that names the file. Without a network (options.inputs is 0) it also throws if there is
// nothing to learn: labels of one class, more classes than images, or pixels of one value.
Split LoadSplit(const std::string& path, const CsvOptions& csv);

// Loads the images of one IDX or CSV file, in their order. Of a folder it loads those to test on.
Dataset LoadImages(const std::string& path, const CsvOptions& csv);

// Gives 80 % to training and 20 % to testing. The split is the same on every machine and in every run, so that no
// network is ever tested on an image that it was trained on.
Split SplitDataset(const Dataset& all);

// The images of these indices, in this order.
Dataset Select(const Dataset& from, const size_t* begin, const size_t* end);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_DATASET_H_
