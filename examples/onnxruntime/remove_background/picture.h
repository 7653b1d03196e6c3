// Pictures: files, sizes, and one that is drawn here.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_PICTURE_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace remove_background {

// Rows from the top, pixels from the left, `channels` bytes each: 4 are red, green, blue and opacity, 1 is grey.
struct Picture {
  size_t width = 0, height = 0, channels = 4;
  std::vector<uint8_t> pixels;

  Picture() = default;
  Picture(size_t width, size_t height, size_t channels)
      : width(width), height(height), channels(channels), pixels(width * height * channels) {}
  uint8_t* at(size_t x, size_t y) { return pixels.data() + (y * width + x) * channels; }
  const uint8_t* at(size_t x, size_t y) const { return pixels.data() + (y * width + x) * channels; }
};

constexpr size_t kMaxSide = 20000;

// Reads a PNG, or a JPEG where libjpeg was found, as four channels. std::runtime_error names the file and what is
// wrong.
Picture ReadPicture(const std::string& path);
Picture DecodePng(const std::string& bytes);
Picture DecodeJpeg(const std::string& bytes);

// Writes a PNG of four channels or one.
void WritePng(const std::string& path, const Picture& picture);

// Bilinear, from the pixel at (x * picture.width / width, y * picture.height / height), as @imgly/background-removal
// has it: the model was tuned on pictures made so. In double, each operation once: the same bytes on every machine.
Picture Resize(const Picture& picture, size_t width, size_t height);

// A mug on a table before a wall, for those who have no photo at hand.
Picture DrawTestPicture(size_t width, size_t height);

}  // namespace remove_background

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_PICTURE_H_
