// Reads the digits with zlib and splits them.
#include "digits.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "random.h"

namespace quantized_mlp {
namespace {

constexpr unsigned kMaxPixel = 16;
constexpr size_t kMaxBytes = size_t{1} << 28;  // a limit, so that a wrong file (/dev/zero, say) ends in an error
constexpr uint64_t kSplitSeed = 1998;          // any value does, as long as it never changes

std::string ReadGzip(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::string text;
  char buffer[1 << 16];
  int bytes = 0;
  while ((bytes = gzread(file.get(), buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(bytes));
    if (text.size() > kMaxBytes) throw std::runtime_error(path + " is too large to be a file of digits");
  }
  // A file that was cut ends without a word from gzread: only gzerror tells.
  int error = Z_OK;
  const char* message = gzerror(file.get(), &error);
  if (bytes < 0 || error != Z_OK) throw std::runtime_error("cannot read " + path + ": " + message);
  return text;
}

// Reads an integer of at most `max` at `position` and moves on behind it and the `end` character that must follow.
bool ParseNumber(const std::string& text, unsigned max, char end, size_t& position, unsigned& value) {
  const size_t begin = position;
  value = 0;
  for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position) {
    value = value * 10 + static_cast<unsigned>(text[position] - '0');
    if (value > max) return false;
  }
  return position != begin && position < text.size() && text[position++] == end;
}

bool ParseImage(const std::string& text, size_t& position, Digits& digits) {
  unsigned value = 0;
  for (size_t i = 0; i < Digits::kPixels; ++i) {
    if (!ParseNumber(text, kMaxPixel, ',', position, value)) return false;
    digits.pixels.push_back(static_cast<float>(value) / kMaxPixel);
  }
  if (!ParseNumber(text, Digits::kClasses - 1, '\n', position, value)) return false;
  digits.labels.push_back(value);
  return true;
}

}  // namespace

Digits ReadDigits(const std::string& path) {
  const std::string text = ReadGzip(path);
  Digits digits;
  for (size_t position = 0; position < text.size();) {
    if (!ParseImage(text, position, digits)) {
      throw std::runtime_error(path + ", line " + std::to_string(digits.size() + 1) +
                               ": expected 64 pixels in 0..16 and a digit, separated by commas");
    }
  }
  if (digits.size() < Digits::kClasses) throw std::runtime_error(path + " holds too few images");
  return digits;
}

Split SplitDigits(const Digits& all) {
  const std::vector<size_t> order = Random(kSplitSeed).Permutation(all.size());
  const size_t num_train = all.size() * 4 / 5;
  Split split;
  for (size_t i = 0; i < order.size(); ++i) {
    Digits& part = i < num_train ? split.train : split.test;
    const float* image = all.images().Row(order[i]);
    part.pixels.insert(part.pixels.end(), image, image + Digits::kPixels);
    part.labels.push_back(all.labels[order[i]]);
  }
  return split;
}

}  // namespace quantized_mlp
