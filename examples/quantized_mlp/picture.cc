// PGM, binary (P5) and text (P2) (https://netpbm.sourceforge.net/doc/pgm.html), and the choice between formats.
#include "picture.h"

#include <algorithm>
#include <stdexcept>

namespace quantized_mlp {
namespace {

class PgmParser {
 public:
  PgmParser(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  std::string Parse(size_t& width, size_t& height) {
    const bool text = bytes_[1] == '2';
    position_ = 2;
    width = ParseNumber(kMaxPictureSide, "width");
    height = ParseNumber(kMaxPictureSide, "height");
    const size_t max = ParseNumber(255, "maximum (only 8 bits are supported)");
    if (width == 0 || height == 0 || max == 0) Fail("a size or the maximum is 0");
    ++position_;  // exactly one space ends the header
    std::string grey;
    if (!text && (position_ > bytes_.size() || bytes_.size() - position_ < width * height)) Fail("cut");
    if (!text && bytes_.size() - position_ != width * height) Fail("longer than its header says");
    for (size_t i = 0; i < width * height; ++i) {
      const size_t value = text ? ParseNumber(max, "pixel") : static_cast<unsigned char>(bytes_[position_ + i]);
      if (value > max) Fail("a pixel exceeds the maximum");
      grey.push_back(static_cast<char>(value * 255 / max));
    }
    return grey;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { throw std::runtime_error(path_ + ": PGM: " + what); }

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

Dataset ParsePicture(const std::string& bytes, const std::string& path, bool invert) {
  Dataset image;
  std::string grey;
  if (bytes.compare(0, 2, "P5") == 0 || bytes.compare(0, 2, "P2") == 0) {
    grey = PgmParser(bytes, path).Parse(image.width, image.height);
  } else if (bytes.compare(0, 4, "\x89PNG") == 0) {
    if (!DecodePng(bytes, path, grey, image.width, image.height)) {
      throw std::runtime_error(path + ": this program was built without libpng (Debian's libpng-dev): convert to PGM");
    }
  } else {
    throw std::runtime_error(path + ": neither a PNG nor a PGM picture");
  }
  for (const char c : grey) {
    const unsigned char value = static_cast<unsigned char>(c);
    image.pixels.push_back(static_cast<float>(invert ? 255 - value : value) / 255);
  }
  return image;
}

}  // namespace quantized_mlp
