// One picture from a file of its own: PGM, or PNG where the program was built with libpng.
#ifndef QUANTIZED_MLP_PICTURE_H_
#define QUANTIZED_MLP_PICTURE_H_

#include <cstddef>
#include <string>

#include "dataset.h"

namespace quantized_mlp {

// The largest side of a picture: an error instead of gigabytes.
constexpr size_t kMaxPictureSide = 4096;

// A dataset of one image without a label; colours become grey. `invert` for dark on light, where the network learned
// light on dark. Throws std::runtime_error that names the file, for any bytes.
Dataset ParsePicture(const std::string& bytes, const std::string& path, bool invert);

// By libpng: `grey` gets width * height values in [0, 255]. False if this program was built without it. (A file of its
// own, png.cc, so that a static program can leave it out.)
bool DecodePng(const std::string& bytes, const std::string& path, std::string& grey, size_t& width, size_t& height);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_PICTURE_H_
