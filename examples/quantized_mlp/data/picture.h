// One picture from a file of its own: PGM, or PNG where the program was built with libpng.
#ifndef QUANTIZED_MLP_DATA_PICTURE_H_
#define QUANTIZED_MLP_DATA_PICTURE_H_

#include <cstddef>
#include <string>

#include "data/dataset.h"

namespace quantized_mlp {

// The largest side of a picture: an error instead of gigabytes.
constexpr size_t kMaxPictureSide = 4096;

struct PictureOptions {
  // Dark on light, where the network learned light on dark: what is shown as p becomes 1 - p.
  bool invert = false;
  // What transparent parts of a PNG are shown on, before `invert`: 1, white paper, as in any viewer; 0, black.
  float background = 1;
};

// A dataset of one image without a label; colours become grey, 8 or 16 bits [0, 1]. Throws std::runtime_error that
// names the file, for any bytes.
Dataset ParsePicture(const std::string& bytes, const std::string& path, const PictureOptions& options = {});

// Whether all pixels of the (only) image are the same: nothing can be seen in it.
bool IsFlat(const Dataset& image);

// By libpng. False if this program was built without it. (A file of its own, png.cc, so that a static program can leave
// it out.)
bool DecodePng(const std::string& bytes, const std::string& path, float background, Dataset& image);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_PICTURE_H_
