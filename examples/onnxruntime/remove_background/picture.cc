#include "remove_background/picture.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/npy.h"

namespace remove_background {

Picture ReadPicture(const std::string& path) {
  const std::string bytes = onnx_host::ReadFile(path);
  try {
    if (bytes.compare(0, 4, "\x89PNG") == 0) return DecodePng(bytes);
    if (bytes.compare(0, 3, "\xff\xd8\xff") == 0) return DecodeJpeg(bytes);
    throw std::runtime_error("neither a PNG nor a JPEG");
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

Picture Resize(const Picture& picture, size_t width, size_t height) {
  Picture resized(width, height, picture.channels);
  const double scale_x = static_cast<double>(picture.width) / static_cast<double>(width);
  const double scale_y = static_cast<double>(picture.height) / static_cast<double>(height);
  for (size_t y = 0; y < height; ++y) {
    const double from_y = static_cast<double>(y) * scale_y, floor_y = std::floor(from_y), dy = from_y - floor_y;
    const size_t y1 = static_cast<size_t>(floor_y);
    const size_t y2 = std::min(static_cast<size_t>(std::ceil(from_y)), picture.height - 1);
    for (size_t x = 0; x < width; ++x) {
      const double from_x = static_cast<double>(x) * scale_x, floor_x = std::floor(from_x), dx = from_x - floor_x;
      const size_t x1 = static_cast<size_t>(floor_x);
      const size_t x2 = std::min(static_cast<size_t>(std::ceil(from_x)), picture.width - 1);
      for (size_t c = 0; c < picture.channels; ++c) {
        const double value = (1 - dx) * (1 - dy) * picture.at(x1, y1)[c] + dx * (1 - dy) * picture.at(x2, y1)[c] +
                             (1 - dx) * dy * picture.at(x1, y2)[c] + dx * dy * picture.at(x2, y2)[c];
        resized.at(x, y)[c] = static_cast<uint8_t>(std::floor(value + 0.5));
      }
    }
  }
  return resized;
}

}  // namespace remove_background
