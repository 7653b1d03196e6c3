// Tests of data files that are as they should be, and of folders of them.
#include <string>
#include <vector>

#include "csv.h"
#include "dataset.h"
#include "doctest/doctest.h"
#include "file.h"
#include "fixtures.h"
#include "idx.h"

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

TEST_CASE("Data: CSV with names, labels in front, Windows' line ends, other ranges") {
  const Dataset named = ParseCsv("label,a,b\r\n1,0,255\r\n0,51,0", "x", {});
  CHECK(named.labels == std::vector<size_t>{1, 0});
  CHECK(named.pixels == std::vector<float>{0, 1, 51 / 255.0f, 0});
  CHECK(named.height == 1);
  CHECK(ParseCsv("3,0,1\n", "x", {LabelColumn::kFirst, 0}).labels == std::vector<size_t>{3});
  CHECK(ParseCsv("0,0.5,1, 3\n", "x", {LabelColumn::kLast, 0}).pixels == std::vector<float>{0, 0.5f, 1});
  CHECK(ParseCsv("0,8,16\n", "x", {LabelColumn::kNone, 0}).pixels == std::vector<float>{0, 0.5f, 1});
  CHECK(ParseCsv("0,8,16\n", "x", {LabelColumn::kNone, 32}).pixels == std::vector<float>{0, 0.25f, 0.5f});
  const auto error = [](const char* text) { return ErrorOf([&] { ParseCsv(text, "x.csv", {}); }); };
  CHECK(error("1,2,3\n1,2\n") == "x.csv, line 2: has 2 numbers, expected 3");
  CHECK(error("1,2,-3\n").find("x.csv, line 1: expected numbers") == 0);
  CHECK(error("1,2,nan\n").find("x.csv, line 1: expected numbers") == 0);
  CHECK(error("1,2,1e39\n").find("x.csv, line 1: expected numbers") == 0);
  CHECK(error("1,2,2.5\n").find("x.csv, line 1: the label") == 0);
  CHECK(error("1,2,1000\n").find("x.csv, line 1: the label") == 0);
  CHECK(error("") == "x.csv holds no images");
  CHECK(error("label,a\n") == "x.csv holds no images");
  CHECK(error("7\n") == "x.csv holds no images");
  CHECK(error("256,1\n").find("larger than white") != std::string::npos);
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

}  // namespace
}  // namespace quantized_mlp
