// Parses numbers as they come; the first line says how many there are in each.
#include "csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "dataset.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxLabel = 999;

class Parser {
 public:
  Parser(const std::string& path, const CsvOptions& options) : path_(path), label_(options.label) {}

  void ParseLine(std::string_view line) {
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line_ == 1 && !line.empty() && (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '"')) {
      return ParseNames(line);
    }
    const size_t before = values_.size();
    for (bool more = true; more;) {
      const size_t comma = line.find(',');
      more = comma != line.npos;
      values_.push_back(ParseNumber(line.substr(0, comma)));
      if (more) line.remove_prefix(comma + 1);
    }
    const size_t count = values_.size() - before;
    if (columns_ == 0) columns_ = count;
    if (count != columns_) Fail("has " + std::to_string(count) + " numbers, expected " + std::to_string(columns_));
    if (label_ != LabelColumn::kNone) TakeLabel(before);
  }

  // Pixels as they are in the file.
  Dataset Finish() {
    Dataset images;
    const size_t pixels = columns_ - (label_ == LabelColumn::kNone ? 0 : 1);
    if (columns_ == 0 || pixels == 0) throw std::runtime_error(path_ + " holds no images");
    const size_t side = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(pixels))));
    images.width = side * side == pixels ? side : pixels;
    images.height = pixels / images.width;
    images.pixels.swap(values_);
    images.labels.swap(labels_);
    return images;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error(path_ + ", line " + std::to_string(line_) + ": " + what);
  }

  void ParseNames(std::string_view line) {
    const auto is_label = [](std::string_view name) {
      return name == "label" || name == "class" || name == "\"label\"" || name == "\"class\"";
    };
    if (is_label(line.substr(0, line.find(','))))
      label_ = LabelColumn::kFirst;
    else if (is_label(line.substr(line.rfind(',') + 1)))
      label_ = LabelColumn::kLast;
  }

  float ParseNumber(std::string_view text) const {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 65535)) {
      Fail("expected numbers from 0 to 65535, separated by commas");
    }
    return value;
  }

  void TakeLabel(size_t begin) {
    const size_t at = label_ == LabelColumn::kFirst ? begin : values_.size() - 1;
    const float value = values_[at];
    if (value > static_cast<float>(kMaxLabel) || value != std::floor(value)) {
      Fail("the label is no integer from 0 to " + std::to_string(kMaxLabel));
    }
    labels_.push_back(static_cast<size_t>(value));
    values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  const std::string& path_;
  LabelColumn label_;
  size_t line_ = 0, columns_ = 0;
  std::vector<float> values_;
  std::vector<size_t> labels_;
};

}  // namespace

Dataset ParseCsv(const std::string& text, const std::string& path, const CsvOptions& options) {
  Parser parser(path, options);
  const std::string_view all = text;
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = std::min(all.find('\n', begin), all.size());
    parser.ParseLine(all.substr(begin, end - begin));
    begin = end + 1;
  }
  Dataset images = parser.Finish();
  const float max = *std::max_element(images.pixels.begin(), images.pixels.end());
  const float white = options.max_pixel > 0 ? options.max_pixel : max <= 1 ? 1.0f : max <= 16 ? 16.0f : 255.0f;
  if (max > white) throw std::runtime_error(path + ": a pixel is larger than white, which is " + std::to_string(white));
  for (float& pixel : images.pixels) pixel /= white;
  return images;
}

}  // namespace quantized_mlp
