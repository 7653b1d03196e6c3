// Tests of CSV files: what is a header, where the label is, what is white; and what is refused rather than guessed.
#include "data/csv.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "doctest/doctest.h"
#include "fixtures.h"
#include "support/text.h"

namespace quantized_mlp {
namespace {

using Labels = std::vector<size_t>;
using Pixels = std::vector<float>;

Dataset Parse(const std::string& text, const CsvOptions& options = {}) { return ParseCsv(text, "x.csv", options); }

std::string Error(const std::string& text, const CsvOptions& options = {}) {
  return ErrorOf([&] { Parse(text, options); });
}

bool Holds(const std::string& text, const char* part) { return text.find(part) != text.npos; }

CsvOptions LabelIs(const std::string& column) {
  CsvOptions options;
  options.label_column = column;
  return options;
}

// Writes images as a table with this header and with the label in this column, counted from 1.
std::string Table(const Dataset& images, size_t column, const std::string& header = "") {
  std::string text = header.empty() ? "" : header + "\n";
  for (size_t i = 0; i < images.size(); ++i) {
    for (size_t c = 1, p = 0; c <= images.num_pixels() + 1; ++c) {
      text += c == 1 ? "" : ",";
      text += c == column ? std::to_string(images.labels[i]) : Format("%.0f", 255.0 * images.images().Row(i)[p++]);
    }
    text += "\n";
  }
  return text;
}

std::string Names(size_t count, size_t column, const std::string& label, int first = 0) {
  std::string names;
  for (size_t c = 1; c <= count; ++c) {
    names += c == 1 ? "" : ",";
    names +=
        c == column ? label : (first < 0 ? "p" : "") + std::to_string(static_cast<int>(c) - 1 + std::max(first, 0));
  }
  return names;
}

TEST_CASE("CSV: the label is found by its name, wherever it stands, in capitals or not") {
  const Dataset images = MakeImages(24, 4, 1);
  for (const char* const name : {"label", "Label", "LABELS", "class", "\"Class\"", " target ", "Target", "y"}) {
    for (const size_t column : std::initializer_list<size_t>{1, 2, 20, 37}) {
      for (const int first : {-1, 0, 1}) {  // names such as p1, or numbers
        INFO(name, " in column ", column);
        const Dataset read = Parse(Table(images, column, Names(37, column, name, first)));
        CHECK(read.labels == images.labels);
        CHECK(read.pixels == images.pixels);
        CHECK(read.reading.format.label_column == column);
        CHECK(read.reading.label_from == "by its name");
      }
    }
  }
  const std::string other = Table(images, 20, Names(37, 20, "Digit", -1));
  CHECK(Parse(other, LabelIs("DIGIT")).labels == images.labels);
  CHECK(Parse(other, LabelIs("20")).labels == images.labels);
  CHECK(Parse(other).labels.empty());
  CHECK(Holds(Error(other, LabelIs("digits")), "no column digits"));
  CHECK(Holds(Error(other, LabelIs("0")), "no column 0"));
  CHECK(Holds(Error(other, LabelIs("38")), "no column 38"));
  CHECK(Holds(Error("label,a,Class\n1,2,3\n"), "label and class may both be the label"));
  CHECK(Parse("label,a,class\n1,2,3\n", LabelIs("class")).labels == Labels{3});
  // An option overrules a name in the header.
  CHECK(Parse("label,a,b\n1,2,3\n", LabelIs("last")).labels == Labels{3});
  CHECK(Parse("label,a,b\n1,2,3\n", LabelIs("none")).labels.empty());
}

TEST_CASE("CSV: a header of numbers is none of the pictures") {
  const Dataset images = MakeImages(24, 4, 1);
  for (const int first : {0, 1}) {
    for (const size_t column : std::initializer_list<size_t>{1, 37}) {
      const Dataset read = Parse(Table(images, column, Names(37, 0, "", first)));
      CHECK(read.labels == images.labels);
      CHECK(read.pixels == images.pixels);
    }
  }
  CsvOptions options = LabelIs("last");
  options.header = CsvHeader::kNo;
  CHECK(Parse("0,1,2\n3,4,5\n", options).labels == Labels{2, 5});
  options.header = CsvHeader::kYes;
  CHECK(Parse("7,7,7\n3,4,5\n", options).labels == Labels{5});
  options.header = CsvHeader::kFind;
  CHECK(Parse("2,3,4\n3,4,5\n", options).labels == Labels{4, 5});  // counts, but neither from 0 nor from 1
  CHECK(Parse("0,1\n", options).labels == Labels{1});              // a pixel and its label
  CHECK(Holds(Error(",5,0\n"), "line 1: expected numbers"));
  CHECK(Holds(Error("1,2,\n"), "line 1: expected numbers"));
  CHECK(Holds(Error("0,0,5x,1\n"), "line 1: expected numbers"));
  std::string mangled = "0";
  for (int i = 1; i < 37; ++i) mangled += ",0." + std::to_string(i);
  CHECK(Holds(Error(Table(images, 37, mangled)), "the first line holds fractions, and no other does: --header"));
  options = {};
  options.header = CsvHeader::kYes;
  CHECK(Parse(Table(images, 37, mangled), options).labels == images.labels);
}

TEST_CASE("CSV: without a header the label is where it can be, and where that is not clear it is asked for") {
  const Dataset images = MakeImages(200, 4, 1);
  for (const size_t column : std::initializer_list<size_t>{1, 37}) {
    const Dataset read = Parse(Table(images, column));
    CHECK(read.labels == images.labels);
    CHECK(read.reading.format.label_column == column);
    CHECK(Holds(read.reading.label_from, "guessed"));
  }
  // A border that is black in each picture, or in nearly all.
  std::string text, nearly;
  for (int i = 0; i < 100; ++i) {
    const std::string line = std::to_string(i % 5) + "," + std::to_string(i * 37 % 256) + ",";
    text += line + "0\n";
    nearly += line + (i % 50 == 0 ? "1\n" : "0\n");
  }
  CHECK(Parse(text).reading.format.label_column == 1);
  CHECK(Parse(nearly).reading.format.label_column == 1);
  std::string both, none;
  for (int i = 0; i < 100; ++i) {
    both += std::to_string(i % 5) + "," + std::to_string(i * 37 % 256) + "," + std::to_string(i % 7) + "\n";
    none += std::to_string(i * 11 % 256) + "," + std::to_string(i * 37 % 256) + ",0\n";
  }
  CHECK(Holds(Error(both), "both the first column and the last may hold it: --label-column"));
  CHECK(Holds(Error(none), "neither the first"));
  CHECK(Holds(Error(none), "the last, which holds one value alone: --label-column"));
  CHECK(Parse(both, LabelIs("first")).labels[6] == 1);
  CHECK(Parse(both, LabelIs("last")).labels[6] == 6);
  CHECK(Holds(Error("1,2,2.5\n1,3,0.5\n"), "--label-column"));
  CHECK(Holds(Error("0,9,1\n0,3,2\n0,8,3\n"), "3 values in only 3 lines"));
}

TEST_CASE("CSV: labels that are none, and columns that number the lines, are refused by line and column") {
  for (const char* const bad : {"2.5", "1000", "-1"}) {
    CHECK(Error("a,label\n3,1\n3," + std::string(bad) + "\n") ==
          "x.csv, line 3: the label is no integer from 0 to 999");
  }
  CHECK(Holds(Error("a,label\n3,cat\n"), "line 2: expected numbers"));
  for (const char* const name : {"", "id", "\"\"", "Unnamed: 0", "Index"}) {
    CHECK(Holds(Error(std::string(name) + ",label,a\n0,1,2\n"), "column 1 numbers the lines"));
  }
  CHECK(Holds(Error("label,a,id\n0,1,2\n"), "column 3 numbers the lines"));
  std::string numbered;
  for (int i = 0; i < 20; ++i) numbered += std::to_string(i + 1) + ",7," + std::to_string(i % 3) + "\n";
  CHECK(Holds(Error(numbered), "column 1 numbers the lines"));
  CHECK(Parse(numbered.substr(0, numbered.find("\n", 20)), LabelIs("last")).labels.size() == 4);  // may be chance
}

TEST_CASE("CSV: a mark in front, blank lines, quotes and Windows' line ends") {
  const Dataset plain = Parse("label,a,b\n1,0,255\n0,51,0\n");
  CHECK(plain.labels == Labels{1, 0});
  CHECK(plain.pixels == Pixels{0, 1, 51 / 255.0f, 0});
  CHECK(plain.height == 1);
  for (const std::string text : {"\xef\xbb\xbflabel,a,b\r\n1,0,255\r\n0,51,0", "label,a,b\n1,0,255\n0,51,0\n\n\n",
                                 "label,a,b\n1,0,255\n0,51,0\r\n\r\n  \n",
                                 "\xef\xbb\xbf\n\"label\",\"a\",\"b\"\n\"1\",\"0\",\"255\"\n\n\"0\", 51 ,\"0\"\n"}) {
    const Dataset read = Parse(text);
    CHECK(read.labels == plain.labels);
    CHECK(read.pixels == plain.pixels);
  }
  CHECK(Parse("\xef\xbb\xbf"
              "7,0,1\n",
              LabelIs("first"))
            .labels == Labels{7});
  CHECK(Error("label,a,b\n\n1,2\n") == "x.csv, line 3: has 2 numbers, expected 3");
  CHECK(Error("3,2,3\n1,2\n") == "x.csv, line 2: has 2 numbers, expected 3");
  for (const char* const text : {"", "\n\n", "label,a\n", "7\n", "\xef\xbb\xbf"})
    CHECK(Error(text) == "x.csv holds no images");
}

TEST_CASE("CSV: numbers are decimal, and rounded once") {
  const CsvOptions none = LabelIs("none");
  for (const char* const bad :
       {"-3", "nan", "inf", "1e39", "0x10", "1_0", "+1", "1e", ".", "-", "1.5.2", "1 2", "65536", "1f"}) {
    INFO(bad);
    CHECK(Holds(Error("5," + std::string(bad) + "\n", none), "x.csv, line 1: expected numbers"));
  }
  CHECK(Parse("0,.5,1e0\n", none).pixels == Pixels{0, 0.5f, 1});
  float value = 0;
  CHECK(ParseFloat("0.1", value));
  CHECK(value == 0.1f);
  CHECK(ParseFloat("16777217", value));  // halfway: to even
  CHECK(value == 16777216);
  CHECK(ParseFloat("1.00000017881393432617187499", value));  // just below halfway
  CHECK(value == 0x1.000002p0f);
}

TEST_CASE("CSV: white is found once, given, or the network's; a line alone means the same as among others") {
  CsvOptions options = LabelIs("none");
  CHECK(Parse("0,0.5,1\n", options).pixels == Pixels{0, 0.5f, 1});
  CHECK(Parse("0,8,16\n", options).pixels == Pixels{0, 0.5f, 1});
  CHECK(Parse("0,51,17\n", options).pixels == Pixels{0, 0.2f, 17 / 255.0f});
  CHECK(Holds(Error("256,1\n", options), "a pixel is 256, larger than white, which is 255 (guessed"));
  options.max_pixel = 32;
  CHECK(Parse("0,8,16\n", options).pixels == Pixels{0, 0.25f, 0.5f});
  CHECK(Parse("0,8,16\n", options).reading.white_from == "as given");

  CsvOptions network;
  network.inputs = 3;
  network.known = {255, 1};
  for (const char* const text : {"2,0,8,16\n", "2,0,8,16\n3,255,0,0\n", "label,a,b,c\n2,0,8,16\n"}) {
    const Dataset read = Parse(text, network);
    CHECK(read.images().Row(0)[1] == 8 / 255.0f);
    CHECK(read.labels[0] == 2);
    CHECK(read.reading.white_from == "as the network says");
    CHECK(!read.reading.guessed_white);
  }
  CHECK(Parse("0,8,16\n", network).labels.empty());
  CHECK(Parse("0,8,16,2\n", LabelIs("last")).labels == Labels{2});
  network.known.max_pixel = 10;
  CHECK(Holds(Error("0,8,16\n", network), "larger than white, which is 10 (as the network says): --max-pixel"));
  // Older files do not say how their table was read: it is guessed.
  network.known = {};
  const Dataset old = Parse("0,8,16,3\n", network);
  CHECK(old.labels == Labels{3});
  CHECK(old.pixels == Pixels{0, 0.5f, 1});
  CHECK(old.reading.guessed_white);
}

}  // namespace
}  // namespace quantized_mlp
