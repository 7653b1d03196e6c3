// Public layer: pooling of images.
//
// All functions: x: n x h x w x c; y: n x the sizes of Conv2dOutputSize x c, of x's type. Windows are those of
// filter.h, with geometry.groups = 1. Views as in image_view.h; y must not overlap x. Any size may be 0. The bits of y
// do not depend on the tier, the executor, or on how images are split over calls. A NaN is stored as 7fc00000, and the
// caller's rounding mode and flush-to-zero bits do not matter. Pools that are concatenated write to channel windows.
//
// Errors: kMismatch (geometry.groups, y.n, y.h, y.w, y.c), kTooSmall (a stride of y; a kernel size, stride or dilation
// of 0), kTooLarge (a view that exceeds the address space; x with its padding), kNull, kOverlap. Nothing is written on
// error.
#ifndef ISOQUANT_POOLING_H_
#define ISOQUANT_POOLING_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/filter.h"
#include "isoquant/image_view.h"
#include "isoquant/status.h"

namespace isoquant {

// y = the largest of the pixels of x in a window, for each channel; padding is no pixel. Without any pixel it is the
// smallest value of the type, or minus infinity. It is NaN if one of the pixels is; +0 is larger than -0.
ISOQUANT_API Status MaxPool2d(Context& context, const ImageView<const int8_t>& x, const Conv2dGeometry& geometry,
                              const ImageView<int8_t>& y);
ISOQUANT_API Status MaxPool2d(Context& context, const ImageView<const uint8_t>& x, const Conv2dGeometry& geometry,
                              const ImageView<uint8_t>& y);
ISOQUANT_API Status MaxPool2d(Context& context, const ImageView<const float>& x, const Conv2dGeometry& geometry,
                              const ImageView<float>& y);

struct AveragePooling {
  // Whether padding counts as pixels of zero: of zero_point, or of 0 for f32. (count_include_pad of ONNX.)
  bool count_include_pad = false;
  int32_t zero_point = 0;  // of integers: a value of their type
};

// y = sum / count, for each channel: of the pixels of x in a window, or, with count_include_pad, of all kernel_h *
// kernel_w pixels in it. Without any pixel to count it is zero_point, or 0 for f32.
//   s8, u8: the exact quotient, rounded to nearest, ties away from zero (AVERAGE_POOL_2D of TensorFlow Lite)
//   f32: sum = ((0 + x1) + x2) + ..., in the order of rows and columns, and sum / float(count), each step rounded to
//   nearest even
//
// Errors: also kTooLarge (windows of more than 2^23 pixels), kInvalidValue (zero_point).
ISOQUANT_API Status AveragePool2d(Context& context, const ImageView<const int8_t>& x, const Conv2dGeometry& geometry,
                                  const ImageView<int8_t>& y, const AveragePooling& pooling = AveragePooling());
ISOQUANT_API Status AveragePool2d(Context& context, const ImageView<const uint8_t>& x, const Conv2dGeometry& geometry,
                                  const ImageView<uint8_t>& y, const AveragePooling& pooling = AveragePooling());
ISOQUANT_API Status AveragePool2d(Context& context, const ImageView<const float>& x, const Conv2dGeometry& geometry,
                                  const ImageView<float>& y, const AveragePooling& pooling = AveragePooling());

// AveragePool2d with one window that is the image. y: n x 1 x 1 x c; 0 if the image has no pixel.
ISOQUANT_API Status GlobalAveragePool(Context& context, const ImageView<const int8_t>& x, const ImageView<int8_t>& y);
ISOQUANT_API Status GlobalAveragePool(Context& context, const ImageView<const uint8_t>& x, const ImageView<uint8_t>& y);
ISOQUANT_API Status GlobalAveragePool(Context& context, const ImageView<const float>& x, const ImageView<float>& y);

}  // namespace isoquant

#endif  // ISOQUANT_POOLING_H_
