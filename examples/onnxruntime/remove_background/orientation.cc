#include "remove_background/orientation.h"

#include <cstring>

namespace remove_background {

int ExifOrientation(const uint8_t* bytes, size_t size) {
  constexpr size_t kHeader = 6;  // "Exif" and two zeros; then TIFF, in either order of bytes
  if (size < kHeader + 8 || std::memcmp(bytes, "Exif\0\0", kHeader) != 0) return 1;
  const uint8_t* tiff = bytes + kHeader;
  const size_t tiff_size = size - kHeader;
  const bool is_little = tiff[0] == 'I';
  const auto read = [&](size_t at, size_t count) {  // a number of `count` bytes; 0 where there are none
    uint32_t value = 0;
    if (at > tiff_size || count > tiff_size - at) return value;
    for (size_t i = 0; i < count; ++i) value = value << 8 | tiff[at + (is_little ? count - 1 - i : i)];
    return value;
  };
  const size_t directory = read(4, 4), entries = read(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    constexpr uint32_t kOrientation = 0x112, kShort = 3;
    if (read(entry, 2) != kOrientation || read(entry + 2, 2) != kShort) continue;
    const uint32_t value = read(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture Upright(const Picture& stored, int orientation) {
  const bool swaps = orientation >= 5;  // rows become columns
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Picture picture(swaps ? stored.height : stored.width, swaps ? stored.width : stored.height, stored.channels);
  for (size_t y = 0; y < picture.height; ++y) {
    for (size_t x = 0; x < picture.width; ++x) {
      const size_t column = swaps ? y : x, row = swaps ? x : y;
      std::memcpy(
          picture.at(x, y),
          stored.at(from_right ? stored.width - 1 - column : column, from_bottom ? stored.height - 1 - row : row),
          stored.channels);
    }
  }
  return picture;
}

}  // namespace remove_background
