// Photos that were taken with a turned camera.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_ORIENTATION_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_ORIENTATION_H_

#include <cstddef>
#include <cstdint>

#include "remove_background/picture.h"

namespace remove_background {

// What Exif (a JPEG's APP1 segment) says of how the stored picture lies: 1 upright, 2 to 8 as Exif 2.3, 4.6.4, has
// them. 1 if the bytes say nothing, or are damaged.
int ExifOrientation(const uint8_t* bytes, size_t size);

// The picture upright.
Picture Upright(const Picture& stored, int orientation);

}  // namespace remove_background

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_ORIENTATION_H_
