// Checks the header against the size of the file before anything else.
#include "data/idx.h"

#include <cstdint>
#include <stdexcept>

namespace quantized_mlp {
namespace {

constexpr float kMaxPixel = 255;
constexpr size_t kMaxSide = 4096;
constexpr char kUnsignedBytes = 8;

// The dimensions that the header says.
std::vector<size_t> ParseHeader(const std::string& bytes, const std::string& path, size_t num_dimensions) {
  const std::string magic = {0, 0, kUnsignedBytes, static_cast<char>(num_dimensions)};
  const size_t header_bytes = 4 + 4 * num_dimensions;
  if (bytes.compare(0, 4, magic) != 0) {
    throw std::runtime_error(path + ": no IDX file of bytes in " + std::to_string(num_dimensions) + " dimension" +
                             (num_dimensions == 1 ? "" : "s"));
  }
  if (bytes.size() < header_bytes) throw std::runtime_error(path + ": cut, the header ends early");
  std::vector<size_t> dimensions;
  // Divides the elements by one dimension after the other, because a product could wrap.
  size_t left = bytes.size() - header_bytes;
  for (size_t at = 4; at < header_bytes; at += 4) {
    uint32_t extent = 0;
    for (size_t i = 0; i < 4; ++i) extent = extent << 8 | static_cast<unsigned char>(bytes[at + i]);
    if (extent == 0) throw std::runtime_error(path + ": a dimension is 0");
    if (left % extent != 0 || left / extent == 0) {
      throw std::runtime_error(path + ": cut or damaged, its size is not what the header says");
    }
    left /= extent;
    dimensions.push_back(extent);
  }
  if (left != 1) throw std::runtime_error(path + ": damaged, its size is not what the header says");
  return dimensions;
}

}  // namespace

Dataset ParseIdxImages(const std::string& bytes, const std::string& path) {
  const std::vector<size_t> dimensions = ParseHeader(bytes, path, 3);
  if (dimensions[1] > kMaxSide || dimensions[2] > kMaxSide) {
    throw std::runtime_error(path + ": images of more than " + std::to_string(kMaxSide) + " pixels a side");
  }
  Dataset images;
  images.height = dimensions[1];
  images.width = dimensions[2];
  images.reading.format.max_pixel = kMaxPixel;
  images.reading.white_from = "as in every IDX file";
  images.pixels.reserve(bytes.size());
  for (size_t i = 16; i < bytes.size(); ++i) {
    images.pixels.push_back(static_cast<float>(static_cast<unsigned char>(bytes[i])) / kMaxPixel);
  }
  return images;
}

std::vector<size_t> ParseIdxLabels(const std::string& bytes, const std::string& path) {
  ParseHeader(bytes, path, 1);
  std::vector<size_t> labels;
  for (size_t i = 8; i < bytes.size(); ++i) labels.push_back(static_cast<unsigned char>(bytes[i]));
  return labels;
}

}  // namespace quantized_mlp
