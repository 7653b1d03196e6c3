// Parses line by line. The first line says how many numbers each line has.
#include "data/csv.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "data/csv_columns.h"
#include "data/csv_header.h"
#include "data/dataset.h"
#include "support/text.h"

namespace quantized_mlp {
namespace {

constexpr const char* kExpected = "expected numbers from 0 to 65535, separated by commas";
constexpr float kMaxValue = 65535;

class Parser {
 public:
  Parser(const std::string& path, const CsvOptions& options) : path_(path), options_(options) {}

  void ParseLine(std::string_view line) {
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (Trim(line).empty()) return;
    const bool is_first = !seen_first_;
    seen_first_ = true;
    if (is_first && options_.header != CsvHeader::kNo) {
      std::vector<std::string> fields = SplitFields(line);
      if (options_.header == CsvHeader::kYes || IsHeader(fields)) {
        has_header_ = true;
        table_.columns = fields.size();
        if (!OnlyCounts(fields)) table_.names.swap(fields);
        return;
      }
    }
    const size_t before = table_.values.size();
    for (bool more = true; more;) {
      const size_t comma = line.find(',');
      more = comma != line.npos;
      float value = 0;
      if (!ParseFloat(Trim(line.substr(0, comma)), value)) Fail(line_, kExpected);
      table_.values.push_back(value);
      if (more) line.remove_prefix(comma + 1);
    }
    const size_t count = table_.values.size() - before;
    if (table_.columns == 0) table_.columns = count;
    if (count != table_.columns) {
      Fail(line_, "has " + std::to_string(count) + " numbers, expected " + std::to_string(table_.columns));
    }
    line_numbers_.push_back(line_);
  }

  // Its pixels have the values of the file.
  Dataset Finish() {
    if (table_.columns < 2 || table_.num_lines() == 0) throw std::runtime_error(path_ + " holds no images");
    if (!has_header_ && options_.header == CsvHeader::kFind) RefuseMangledNames(table_, path_);
    Dataset images;
    FindLabelColumn(table_, options_, path_, images.reading);
    const size_t label = images.reading.format.label_column;
    RefuseIndex(table_, label, path_);
    for (size_t at = 0; at < table_.values.size(); ++at) {
      const float value = table_.values[at];
      const size_t line = line_numbers_[at / table_.columns];
      if (at % table_.columns + 1 == label) {
        images.labels.push_back(ToLabel(value, line));
      } else {
        if (!(value >= 0 && value <= kMaxValue)) Fail(line, kExpected);
        images.pixels.push_back(value);
      }
    }
    const size_t pixels = table_.columns - (label == 0 ? 0 : 1);
    const size_t side = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(pixels))));
    images.width = side * side == pixels ? side : pixels;
    images.height = pixels / images.width;
    return images;
  }

 private:
  [[noreturn]] void Fail(size_t line, const std::string& what) const {
    throw std::runtime_error(path_ + ", line " + std::to_string(line) + ": " + what);
  }

  size_t ToLabel(float value, size_t line) const {
    if (value >= 0 && value <= float{kMaxLabel} && value == std::floor(value)) return static_cast<size_t>(value);
    Fail(line, "the label is no integer from 0 to " + std::to_string(kMaxLabel));
  }

  const std::string& path_;
  const CsvOptions& options_;
  size_t line_ = 0;
  bool seen_first_ = false, has_header_ = false;
  Table table_;
  std::vector<size_t> line_numbers_;  // in the file, for each line of the table
};

void FindWhite(const CsvOptions& options, float max, Reading& reading) {
  float& white = reading.format.max_pixel;
  if (options.max_pixel > 0) {
    white = options.max_pixel;
    reading.white_from = "as given";
  } else if (options.known.max_pixel > 0) {
    white = options.known.max_pixel;
    reading.white_from = options.known_from;
  } else {
    white = max <= 1 ? 1.0f : max <= 16 ? 16.0f : 255.0f;
    reading.guessed_white = true;
    reading.white_from = "guessed: the smallest of 1, 16 and 255 that no pixel exceeds";
  }
}

}  // namespace

Dataset ParseCsv(const std::string& text, const std::string& path, const CsvOptions& options) {
  constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
  Parser parser(path, options);
  const std::string_view all = text;
  for (size_t begin = all.compare(0, kUtf8Mark.size(), kUtf8Mark) == 0 ? kUtf8Mark.size() : 0; begin < all.size();) {
    const size_t end = std::min(all.find('\n', begin), all.size());
    parser.ParseLine(all.substr(begin, end - begin));
    begin = end + 1;
  }
  Dataset images = parser.Finish();
  const float max = *std::max_element(images.pixels.begin(), images.pixels.end());
  FindWhite(options, max, images.reading);
  const float white = images.reading.format.max_pixel;
  if (max > white) {
    throw std::runtime_error(path + ": a pixel is " + Format("%g", static_cast<double>(max)) +
                             ", larger than white, which is " + Format("%g", static_cast<double>(white)) + " (" +
                             images.reading.white_from + "): --max-pixel says what it is");
  }
  for (float& pixel : images.pixels) pixel /= white;
  return images;
}

}  // namespace quantized_mlp
