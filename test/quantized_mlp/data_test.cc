// Tests of good data files, and of folders of them.
#include <string>
#include <vector>

#include "data/csv.h"
#include "data/dataset.h"
#include "data/idx.h"
#include "doctest/doctest.h"
#include "fixtures.h"
#include "support/file.h"

namespace quantized_mlp {
namespace {

TEST_CASE("Data: IDX and CSV, plain and gzip, hold the same images") {
  const Dataset images = MakeImages(23, 4, 1);
  const Dataset idx = ParseIdxImages(MakeIdxImages(images), "idx");
  CHECK(idx.width == 6);
  CHECK(idx.height == 6);
  CHECK(idx.pixels == images.pixels);
  CHECK(ParseIdxLabels(MakeIdxLabels(images), "idx") == images.labels);
  const Dataset csv = ParseCsv(MakeCsv(images), "csv", {});
  CHECK(csv.width == 6);
  CHECK(csv.pixels == images.pixels);
  CHECK(csv.labels == images.labels);
  const TemporaryFolder folder;
  WriteFile(folder / "a.csv.gz", Gzip(MakeCsv(images)));
  CHECK(ReadMaybeGzip(folder / "a.csv.gz") == MakeCsv(images));
}

TEST_CASE("Data: folders") {
  const Dataset train = MakeImages(40, 4, 1), test = MakeImages(12, 4, 2);
  const TemporaryFolder folder;
  const std::string path = folder / ".";
  const auto error = [&path] { return ErrorOf([&] { LoadSplit(path, {}); }); };
  CHECK(error().find("holds neither train-images") != std::string::npos);
  WriteFile(folder / "train-images-idx3-ubyte.gz", Gzip(MakeIdxImages(train)));
  CHECK(error().find("has no file of labels") != std::string::npos);
  WriteFile(folder / "train-labels-idx1-ubyte", MakeIdxLabels(train));
  CHECK(error().find("holds neither train-images") != std::string::npos);
  WriteFile(folder / "test.csv", MakeCsv(test));
  const Split split = LoadSplit(path, {});
  CHECK(split.classes == 4);
  CHECK(split.train.pixels == train.pixels);
  CHECK(split.test.pixels == test.pixels);
  CHECK(LoadImages(path, {}).labels == test.labels);
  CHECK(LoadImages(folder / "train-images-idx3-ubyte.gz", {}).pixels == train.pixels);
  WriteFile(folder / "train-labels-idx1-ubyte", MakeIdxLabels(test));
  CHECK(error().find("holds 12 labels for 40 images") != std::string::npos);
  CHECK(ErrorOf([&] { LoadSplit(folder / "none", {}); }).find("cannot open") == 0);

  WriteFile(folder / "all.csv", MakeCsv(train));
  const Split parts = LoadSplit(folder / "all.csv", {});
  CHECK(parts.train.size() == 32);
  CHECK(parts.test.size() == 8);
}

TEST_CASE("Data: test.csv is read as train.csv was") {
  const TemporaryFolder folder;
  const std::string path = folder / ".";
  // Alone, the second file would have another white, and nothing in it says where the label is.
  WriteFile(folder / "train.csv", "0,255,16,0\n0,3,8,1\n0,4,4,0\n0,5,2,1\n");
  WriteFile(folder / "test.csv", "3,8,16,1\n");
  const Split split = LoadSplit(path, {});
  CHECK(split.test.pixels == std::vector<float>{3 / 255.0f, 8 / 255.0f, 16 / 255.0f});
  CHECK(split.test.labels == std::vector<size_t>{1});
  CHECK(split.test.reading.white_from == "as in the images to train on");
  WriteFile(folder / "train.csv", "0,255,16,0\n1,3,8,0\n0,4,4,0\n1,5,2,0\n");
  CHECK(LoadSplit(path, {}).test.labels == std::vector<size_t>{3});
}

TEST_CASE("Data: nothing to learn is refused, in IDX files too; a network that is there can be tested") {
  Dataset images = MakeImages(40, 4, 1);
  const TemporaryFolder folder;
  const std::string path = folder / ".";
  const auto write = [&] {
    for (const std::string part : {"train", "t10k"}) {
      WriteFile(folder / (part + "-images-idx3-ubyte"), MakeIdxImages(images));
      WriteFile(folder / (part + "-labels-idx1-ubyte"), MakeIdxLabels(images));
    }
  };
  const auto error = [&](const CsvOptions& options) { return ErrorOf([&] { LoadSplit(path, options); }); };
  CsvOptions network;
  network.inputs = 36;
  write();
  CHECK(error({}).empty());
  images.labels.assign(40, 3);
  write();
  CHECK(error({}).find("all labels to train on are the same") != std::string::npos);
  CHECK(error(network).empty());
  WriteFile(folder / "same.csv", MakeCsv(images));
  CHECK(ErrorOf([&] { LoadSplit(folder / "same.csv", network); }).find("are the same") != std::string::npos);
  network.label_column = "last";
  CHECK(LoadSplit(folder / "same.csv", network).classes == 4);
  for (size_t i = 0; i < 40; ++i) images.labels[i] = 5 * i;
  write();
  CHECK(error({}).find("labels of 196 classes for 40 images") != std::string::npos);
  images = MakeImages(40, 4, 1);
  images.pixels.assign(images.pixels.size(), 1);
  write();
  CHECK(error({}).find("all pixels to train on are the same") != std::string::npos);
}

}  // namespace
}  // namespace quantized_mlp
