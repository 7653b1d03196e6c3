// Decodes PNG pictures with libpng, if CMake found it.
#include <stdexcept>

#include "data/picture.h"

#ifdef QUANTIZED_MLP_HAVE_PNG
#include <png.h>

#include <cstring>
#include <vector>
#endif

namespace quantized_mlp {

#ifdef QUANTIZED_MLP_HAVE_PNG

bool DecodePng(const std::string& bytes, const std::string& path, float background, Dataset& picture) {
  png_image image;
  std::memset(&image, 0, sizeof(image));
  image.version = PNG_IMAGE_VERSION;
  const auto fail = [&path, &image](const std::string& what) {
    png_image_free(&image);
    throw std::runtime_error(path + ": PNG: " + what);
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) fail(image.message);
  if (image.width > kMaxPictureSide || image.height > kMaxPictureSide) fail("too large");
  picture.width = image.width;
  picture.height = image.height;
  // libpng expands palettes, few bits, interlaced rows and transparent colours, and makes colours grey. The flag has it
  // bring 16 bits to 8 by division. Without the flag libpng takes them for linear light and brightens them.
  image.format = PNG_FORMAT_GA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<png_byte> grey_alpha(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, grey_alpha.data(), 0, nullptr) == 0) fail(image.message);
  // libpng only warns of a wrong checksum or a missing end. Here the file counts as damaged.
  if (image.warning_or_error != 0) fail(image.message);
  for (size_t i = 0; i < grey_alpha.size(); i += 2) {
    // Composes the values that are stored, as browsers and image editors do. libpng itself would do it in linear light,
    // which thins dark strokes.
    const float grey = static_cast<float>(grey_alpha[i]) / 255, alpha = static_cast<float>(grey_alpha[i + 1]) / 255;
    picture.pixels.push_back(alpha == 1 ? grey : grey * alpha + background * (1 - alpha));
  }
  return true;
}

#else

bool DecodePng(const std::string&, const std::string&, float, Dataset&) { return false; }

#endif

}  // namespace quantized_mlp
