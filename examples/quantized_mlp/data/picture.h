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
  // The picture is dark on light, but the network learned light on dark: a pixel p becomes 1 - p.
  bool invert = false;
  // What transparent parts of a PNG are shown on, before `invert`. 1: white, as in any viewer. 0: black.
  float background = 1;
};

// Returns a dataset of one image without a label. Colours become grey, and 8 or 16 bits become [0, 1]. Bytes that are
// no such picture end in a std::runtime_error that names the file.
Dataset ParsePicture(const std::string& bytes, const std::string& path, const PictureOptions& options = {});

// Whether all pixels of the image are the same, so that nothing can be seen in it.
bool IsFlat(const Dataset& image);

// Decodes with libpng. Returns false if this program was built without it. It has a file of its own, png.cc, which
// static programs compile without libpng.
bool DecodePng(const std::string& bytes, const std::string& path, float background, Dataset& image);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_DATA_PICTURE_H_
