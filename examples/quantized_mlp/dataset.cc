// Finds the files of a data set and splits what came as one.
#include "dataset.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "file.h"
#include "idx.h"
#include "random.h"

namespace quantized_mlp {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSplitSeed = 1998;  // any value does, as long as it never changes

std::string Locate(const std::string& name) {
  std::error_code ignored;
  const fs::path shared = fs::path("/usr/share/datasets") / name;
  return !fs::exists(name, ignored) && fs::exists(shared, ignored) ? shared.string() : name;
}

// The first of the names that is in the folder, with ".gz" or without; or "".
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

// One part of a folder; `names` are those by which MNIST and CSV files call it.
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

Split Checked(Split split, const std::string& path) {
  if (split.train.num_pixels() != split.test.num_pixels()) {
    throw std::runtime_error(path + ": images to train on and to test on differ in size");
  }
  for (const Dataset* part : {&split.train, &split.test}) {
    if (part->size() == 0) throw std::runtime_error(path + " holds too few images");
    if (part->labels.empty()) throw std::runtime_error(path + " holds no labels");
    split.classes = std::max(split.classes, 1 + *std::max_element(part->labels.begin(), part->labels.end()));
  }
  return split;
}

}  // namespace

Split LoadSplit(const std::string& name, const CsvOptions& csv) {
  const std::string path = Locate(name);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return Checked(SplitDataset(ParseCsv(ReadMaybeGzip(path), path, csv)), path);
  Split split;
  if (!LoadPart(path, {"train"}, csv, split.train) || !LoadPart(path, {"t10k", "test"}, csv, split.test)) {
    throw std::runtime_error(
        path + " holds neither train-images-idx3-ubyte[.gz] and its companions nor train.csv[.gz] and test.csv[.gz]");
  }
  return Checked(std::move(split), path);
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

Dataset Select(const Dataset& from, const size_t* begin, const size_t* end) {
  Dataset part;
  part.width = from.width;
  part.height = from.height;
  part.pixels.reserve(static_cast<size_t>(end - begin) * from.num_pixels());
  for (; begin != end; ++begin) {
    const float* const image = from.images().Row(*begin);
    part.pixels.insert(part.pixels.end(), image, image + from.num_pixels());
    if (!from.labels.empty()) part.labels.push_back(from.labels[*begin]);
  }
  return part;
}

Split SplitDataset(const Dataset& all) {
  const std::vector<size_t> order = Random(kSplitSeed).Permutation(all.size());
  const size_t* const middle = order.data() + all.size() * 4 / 5;
  Split split;
  split.train = Select(all, order.data(), middle);
  split.test = Select(all, middle, order.data() + order.size());
  return split;
}

}  // namespace quantized_mlp
