// Finds the files of a data set, and refuses what teaches nothing.
#include "data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "data/idx.h"
#include "support/file.h"

namespace quantized_mlp {
namespace {

namespace fs = std::filesystem;

std::string Locate(const std::string& name) {
  std::error_code ignored;
  const fs::path shared = fs::path("/usr/share/datasets") / name;
  return !fs::exists(name, ignored) && fs::exists(shared, ignored) ? shared.string() : name;
}

// The first of the names that is in the folder, with ".gz" or without; "" if none is.
std::string Find(const std::string& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const char* const suffix : {"", ".gz"}) {
      const fs::path path = fs::path(folder) / (name + suffix);
      std::error_code ignored;
      if (fs::exists(path, ignored)) return path.string();
    }
  }
  return "";
}

// Loads one part of a folder, which IDX and CSV files call by one of `names`. Returns false if it is not there.
bool LoadPart(const std::string& folder, const std::vector<std::string>& names, const CsvOptions& csv, Dataset& part) {
  std::vector<std::string> images, labels, tables;
  for (const std::string& name : names) {
    images.insert(images.end(), {name + "-images-idx3-ubyte", name + "-images.idx3-ubyte"});
    labels.insert(labels.end(), {name + "-labels-idx1-ubyte", name + "-labels.idx1-ubyte"});
    tables.push_back(name + ".csv");
  }
  const std::string image_path = Find(folder, images), label_path = Find(folder, labels), table = Find(folder, tables);
  if (!image_path.empty() && label_path.empty())
    throw std::runtime_error(image_path + " has no file of labels beside it");
  if (!image_path.empty()) {
    part = ParseIdxImages(ReadMaybeGzip(image_path), image_path);
    part.labels = ParseIdxLabels(ReadMaybeGzip(label_path), label_path);
    if (part.labels.size() != part.size()) {
      throw std::runtime_error(label_path + " holds " + std::to_string(part.labels.size()) + " labels for " +
                               std::to_string(part.size()) + " images");
    }
  } else if (!table.empty()) {
    part = ParseCsv(ReadMaybeGzip(table), table, csv);
  }
  return !image_path.empty() || !table.empty();
}

void CheckThatItTeaches(const Split& split, const std::string& path, bool has_network) {
  const std::vector<size_t>& labels = split.train.labels;
  const std::vector<float>& pixels = split.train.pixels;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(path + ": " + what + "; " + Describe(split.train.reading));
  };
  // A network may be tested on images of one class, but not if their labels are only a guess.
  if ((!has_network || split.train.reading.guessed_label) &&
      std::equal(labels.begin() + 1, labels.end(), labels.begin())) {
    fail("all labels to train on are the same");
  }
  if (has_network) return;
  if (split.classes > labels.size()) {
    fail("labels of " + std::to_string(split.classes) + " classes for " + std::to_string(labels.size()) +
         " images to train on");
  }
  if (std::equal(pixels.begin() + 1, pixels.end(), pixels.begin())) fail("all pixels to train on are the same");
}

Split Checked(Split split, const std::string& path, bool has_network) {
  if (split.train.num_pixels() != split.test.num_pixels()) {
    throw std::runtime_error(path + ": images to train on and to test on differ in size");
  }
  for (const Dataset* part : {&split.train, &split.test}) {
    if (part->size() == 0) throw std::runtime_error(path + " holds too few images");
    if (part->labels.empty()) {
      const std::string& why = part->reading.label_from;
      throw std::runtime_error(path + " holds no labels" + (why.empty() ? "" : " (" + why + ")"));
    }
    split.classes = std::max(split.classes, 1 + *std::max_element(part->labels.begin(), part->labels.end()));
  }
  CheckThatItTeaches(split, path, has_network);
  return split;
}

}  // namespace

Split LoadSplit(const std::string& name, const CsvOptions& csv) {
  const std::string path = Locate(name);
  std::error_code ignored;
  const bool has_network = csv.inputs != 0;
  if (!fs::is_directory(path, ignored)) {
    return Checked(SplitDataset(ParseCsv(ReadMaybeGzip(path), path, csv)), path, has_network);
  }
  Split split;
  const bool has_train = LoadPart(path, {"train"}, csv, split.train);
  CsvOptions test_csv = csv;
  if (!has_network) test_csv.known_from = "as in the images to train on";
  if (csv.known.max_pixel == 0) test_csv.known.max_pixel = split.train.reading.format.max_pixel;
  if (csv.known.label_column == 0) test_csv.known.label_column = split.train.reading.format.label_column;
  if (!has_network) test_csv.inputs = split.train.num_pixels();
  if (!has_train || !LoadPart(path, {"t10k", "test"}, test_csv, split.test)) {
    throw std::runtime_error(
        path + " holds neither train-images-idx3-ubyte[.gz] and its companions nor train.csv[.gz] and test.csv[.gz]");
  }
  return Checked(std::move(split), path, has_network);
}

Dataset LoadImages(const std::string& name, const CsvOptions& csv) {
  const std::string path = Locate(name);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    Dataset images;
    if (!LoadPart(path, {"t10k", "test"}, csv, images)) throw std::runtime_error(path + " holds no images to test on");
    return images;
  }
  const std::string bytes = ReadMaybeGzip(path);
  return !bytes.empty() && bytes[0] == '\0' ? ParseIdxImages(bytes, path) : ParseCsv(bytes, path, csv);
}

}  // namespace quantized_mlp
