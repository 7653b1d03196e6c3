// PNG files by libpng.
#include <png.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "remove_background/picture.h"

namespace remove_background {

Picture DecodePng(const std::string& bytes) {
  png_image image;
  std::memset(&image, 0, sizeof(image));
  image.version = PNG_IMAGE_VERSION;
  const auto fail = [&image](const std::string& what) {
    png_image_free(&image);
    throw std::runtime_error("PNG: " + what);
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) fail(image.message);
  if (image.width > kMaxSide || image.height > kMaxSide) fail("too large");
  image.format = PNG_FORMAT_RGBA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits are made 8 by division
  Picture picture(image.width, image.height, 4);
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) fail(image.message);
  if (image.warning_or_error != 0) fail(image.message);  // a wrong checksum or a missing end
  return picture;
}

void WritePng(const std::string& path, const Picture& picture) {
  png_image image;
  std::memset(&image, 0, sizeof(image));
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_GRAY;
  if (png_image_write_to_file(&image, path.c_str(), 0, picture.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(path + ": " + image.message);
  }
}

}  // namespace remove_background
