// libpng, where CMake found it.
#include <stdexcept>

#include "picture.h"

#ifdef QUANTIZED_MLP_HAVE_PNG
#include <png.h>

#include <cstring>
#endif

namespace quantized_mlp {

#ifdef QUANTIZED_MLP_HAVE_PNG

bool DecodePng(const std::string& bytes, const std::string& path, std::string& grey, size_t& width, size_t& height) {
  png_image image;
  std::memset(&image, 0, sizeof(image));
  image.version = PNG_IMAGE_VERSION;
  const auto fail = [&path, &image](const std::string& what) {
    png_image_free(&image);
    throw std::runtime_error(path + ": PNG: " + what);
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) fail(image.message);
  if ((image.format & PNG_FORMAT_FLAG_LINEAR) != 0) fail("16 bits a channel, only 8 are supported");
  if (image.width > kMaxPictureSide || image.height > kMaxPictureSide) fail("too large");
  image.format = PNG_FORMAT_GRAY;
  width = image.width;
  height = image.height;
  grey.resize(PNG_IMAGE_SIZE(image));
  const png_color black = {0, 0, 0};  // behind transparent pixels
  if (png_image_finish_read(&image, &black, &grey[0], 0, nullptr) == 0) fail(image.message);
  // A checksum that does not fit, or an end that is missing, is a warning to libpng, and a damaged file to us.
  if (image.warning_or_error != 0) fail(image.message);
  return true;
}

#else

bool DecodePng(const std::string&, const std::string&, std::string&, size_t&, size_t&) { return false; }

#endif

}  // namespace quantized_mlp
