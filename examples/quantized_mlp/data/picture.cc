// PGM, binary (P5) and text (P2) (https://netpbm.sourceforge.net/doc/pgm.html), and the choice between formats.
#include "data/picture.h"

#include <algorithm>
#include <stdexcept>

namespace quantized_mlp {
namespace {

class PgmParser {
 public:
  PgmParser(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  void Parse(Dataset& image) {
    const bool text = bytes_[1] == '2';
    position_ = 2;
    image.width = ParseNumber(kMaxPictureSide, "width");
    image.height = ParseNumber(kMaxPictureSide, "height");
    const size_t max = ParseNumber(65535, "maximum");
    if (image.num_pixels() == 0 || max == 0) Fail("a size or the maximum is 0");
    ++position_;  // exactly one space ends the header
    const size_t bytes = image.num_pixels() * (max > 255 ? 2 : 1);
    if (!text && (position_ > bytes_.size() || bytes_.size() - position_ < bytes)) Fail("cut");
    for (size_t i = 0; i < image.num_pixels(); ++i) {
      const size_t value = text ? ParseNumber(max, "pixel") : NextBytes(max > 255 ? 2 : 1);
      if (value > max) Fail("a pixel exceeds the maximum");
      image.pixels.push_back(static_cast<float>(value) / static_cast<float>(max));
    }
    while (text && position_ < bytes_.size() && IsSpace()) ++position_;
    if (position_ != bytes_.size()) Fail("longer than its header says");
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { throw std::runtime_error(path_ + ": PGM: " + what); }

  // Big-endian.
  size_t NextBytes(size_t count) {
    size_t value = 0;
    for (; count != 0; --count) value = value << 8 | static_cast<unsigned char>(bytes_[position_++]);
    return value;
  }

  bool IsSpace() const {
    const char c = bytes_[position_];
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  // A number after at least one space, or after comments.
  size_t ParseNumber(size_t max, const char* what) {
    for (; position_ < bytes_.size() && (IsSpace() || bytes_[position_] == '#'); ++position_) {
      if (bytes_[position_] == '#') position_ = std::min(bytes_.find('\n', position_), bytes_.size() - 1);
    }
    const size_t begin = position_;
    size_t value = 0;
    for (; position_ < bytes_.size() && bytes_[position_] >= '0' && bytes_[position_] <= '9'; ++position_) {
      value = value * 10 + static_cast<size_t>(bytes_[position_] - '0');
      if (value > max) Fail(std::string(what) + " exceeds " + std::to_string(max));
    }
    if (position_ == begin) Fail(std::string("no ") + what);
    if (position_ < bytes_.size() && !IsSpace()) Fail(std::string(what) + " is no number");
    return value;
  }

  const std::string& bytes_;
  const std::string& path_;
  size_t position_ = 0;
};

}  // namespace

Dataset ParsePicture(const std::string& bytes, const std::string& path, const PictureOptions& options) {
  Dataset image;
  if (bytes.compare(0, 2, "P5") == 0 || bytes.compare(0, 2, "P2") == 0) {
    PgmParser(bytes, path).Parse(image);
  } else if (bytes.compare(0, 4, "\x89PNG") == 0) {
    if (!DecodePng(bytes, path, options.background, image)) {
      throw std::runtime_error(path + ": this program was built without libpng (Debian's libpng-dev): convert to PGM");
    }
  } else {
    throw std::runtime_error(path + ": neither a PNG nor a PGM picture");
  }
  if (options.invert) {
    for (float& pixel : image.pixels) pixel = 1 - pixel;
  }
  return image;
}

bool IsFlat(const Dataset& image) {
  return std::equal(image.pixels.begin() + 1, image.pixels.end(), image.pixels.begin());
}

}  // namespace quantized_mlp
