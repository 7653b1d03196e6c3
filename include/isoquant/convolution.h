// Public layer: convolution of images of 8-bit integers.
#ifndef ISOQUANT_CONVOLUTION_H_
#define ISOQUANT_CONVOLUTION_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"
#include "isoquant/filter.h"
#include "isoquant/fixed_point.h"
#include "isoquant/float_types.h"
#include "isoquant/image_view.h"
#include "isoquant/matmul.h"
#include "isoquant/requantize.h"
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
// x's type), kOutOfMemory (scratch). Nothing is written on error, but for kOutOfMemory where a call makes several
// products: those before it have been written.
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

// y = requantise(the sums t of the convolution), to s8 or u8: the steps of requantize.h, or of fixed_point.h (TFLite's
// CONV_2D), with output channels in place of columns of c. a_zero_points has the zero point of x, or none for zero;
// b_zero_points are those of the filter. scales (multipliers, shifts), bias and b_zero_points have one element for each
// output channel (all but bias: or one for all). They must not overlap y. QLinearConv of ONNX is this with
// scales[o] = x_scale * w_scale[o] / y_scale.
//
// Errors: those above, and those of the rule for its vectors and values.
#define ISOQUANT_CONV2D(A, RULE, Q)                                                                     \
  ISOQUANT_API Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter, \
                             const RULE& requantization, const ImageView<Q>& y);
ISOQUANT_CONV2D(int8_t, Requantization, int8_t)
ISOQUANT_CONV2D(int8_t, Requantization, uint8_t)
ISOQUANT_CONV2D(uint8_t, Requantization, int8_t)
ISOQUANT_CONV2D(uint8_t, Requantization, uint8_t)
ISOQUANT_CONV2D(int8_t, FixedPointRequantization, int8_t)
ISOQUANT_CONV2D(int8_t, FixedPointRequantization, uint8_t)
ISOQUANT_CONV2D(uint8_t, FixedPointRequantization, int8_t)
ISOQUANT_CONV2D(uint8_t, FixedPointRequantization, uint8_t)
#undef ISOQUANT_CONV2D

// y = [residual +] clamp(activation(dequantise(t) + bias)), to f32, bf16 or f16: the steps of dequantize.h, and of
// linear.h for the residual, which is added last. row_scales has one element, row_zero_points that of x, or
// none for zero; column_* and bias have one for each output channel (all but bias: or one for all). They must not
// overlap y. The residual has the sizes of y. It may be y itself (the same data and strides), and must not overlap it
// otherwise.
//
// Errors: those above, and those of the rule; kMismatch, kTooLarge, kNull and kOverlap for the residual.
#define ISOQUANT_CONV2D(A, Y)                                                                           \
  ISOQUANT_API Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter, \
                             const Dequantization& dequantization, const ImageView<Y>& y);              \
  ISOQUANT_API Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter, \
                             const Dequantization& dequantization, const ImageView<const Y>& residual,  \
                             const ImageView<Y>& y);
ISOQUANT_CONV2D(int8_t, float)
ISOQUANT_CONV2D(int8_t, BFloat16)
ISOQUANT_CONV2D(int8_t, Float16)
ISOQUANT_CONV2D(uint8_t, float)
ISOQUANT_CONV2D(uint8_t, BFloat16)
ISOQUANT_CONV2D(uint8_t, Float16)
#undef ISOQUANT_CONV2D

}  // namespace isoquant

#endif  // ISOQUANT_CONVOLUTION_H_
