// Public layer: convolution of images of 8-bit integers.
#ifndef ISOQUANT_CONVOLUTION_H_
#define ISOQUANT_CONVOLUTION_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/filter.h"
#include "isoquant/image_view.h"
#include "isoquant/matmul.h"
#include "isoquant/status.h"

namespace isoquant {

// y(b, v, u, o) = sum over r, s, i of (xp(b, v * stride_h + r * dilation_h, u * stride_w + s * dilation_w, g + i)
//                                      - x_zero_point) * filter(o, r, s, i), exact modulo 2^32,
// where xp is x with a border of pad_* pixels of x_zero_point, and g is the first input channel of o's group. (A
// convolution as neural networks have it: the kernel is not mirrored.) The filter's own zero point is 0, for u8 too.
//
// x: n x h x w x filter.in_channels(), s8 or u8; y: n x the sizes of Conv2dOutputSize x filter.out_channels(), s32. All
// values of the operand types are exact. The bits of y do not depend on the tier, the executor, or on how images are
// split over calls. Any number of images, and any size that the geometry allows, may be 0: an image that is smaller
// than the kernel, padding included, has an output without rows or columns, and nothing is written.
//
// Windows are gathered on their way to the kernels of MatMul, a tile of them at a time: scratch memory does not grow
// with the image. 1 x 1 kernels without padding and with stride 1 read x in place if its pixels lie at one distance. It
// is fastest if pixels of y lie at one distance, too: else each image, or each row, is a product of its own.
//
// Views as in image_view.h. y must not overlap x or the filter.
//
// Errors: kMismatch (x.c and filter.in_channels(), y.n and x.n, y.h, y.w, y.c), kTooSmall (a stride of y), kTooLarge (a
// view that exceeds the address space; x with its padding), kNull, kOverlap, kInvalidValue (x_zero_point is no value of
// x's type), kOutOfMemory (scratch). Nothing is written on error.
ISOQUANT_API Status Conv2d(Context& context, const ImageView<const int8_t>& x, int32_t x_zero_point,
                           const PackedFilter& filter, const ImageView<int32_t>& y);
ISOQUANT_API Status Conv2d(Context& context, const ImageView<const uint8_t>& x, int32_t x_zero_point,
                           const PackedFilter& filter, const ImageView<int32_t>& y);

// The same with (filter(o, r, s, i) - z.b[o]) in place of filter(o, r, s, i), and z.a[0] in place of x_zero_point:
// ConvInteger of ONNX. z.a has one element, or none for zero; z.b has one for each output channel, one for all, or none
// for zero, and may be any integers. They must not overlap y.
//
// Errors: those above; kMismatch, kNull and kOverlap for the vectors.
ISOQUANT_API Status Conv2d(Context& context, const ImageView<const int8_t>& x, const ZeroPoints& z,
                           const PackedFilter& filter, const ImageView<int32_t>& y);
ISOQUANT_API Status Conv2d(Context& context, const ImageView<const uint8_t>& x, const ZeroPoints& z,
                           const PackedFilter& filter, const ImageView<int32_t>& y);

}  // namespace isoquant

#endif  // ISOQUANT_CONVOLUTION_H_
