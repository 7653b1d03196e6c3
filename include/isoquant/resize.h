// Public layer: images of other sizes, by ONNX's operator Resize along height and width.
#ifndef ISOQUANT_RESIZE_H_
#define ISOQUANT_RESIZE_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/image_view.h"
#include "isoquant/status.h"

namespace isoquant {

enum class ResizeMode : uint8_t { kLinear, kNearest, kLinearAtOnce };

// Where pixel u of y lies among the pixels of x: its coordinate s(u), whole numbers being the middles of pixels. With
// the scale of y to x along the same axis:
enum class ResizeCoordinates : uint8_t {
  kHalfPixel,         // (u + 0.5) / scale - 0.5
  kPytorchHalfPixel,  // the same, but 0 if y has one pixel along the axis
  kAlignCorners,      // u * (x.w - 1) / (y.w - 1); 0 if y has one pixel
  kAsymmetric,        // u / scale
  kTfHalfPixelForNn,  // (u + 0.5) / scale
};

// How a coordinate becomes the number of a pixel.
enum class NearestRounding : uint8_t {
  kRoundPreferFloor,  // to nearest, halves down
  kRoundPreferCeil,   // to nearest, halves up
  kFloor,
  kCeil,
};

struct Resizing {
  ResizeMode mode = ResizeMode::kLinear;
  ResizeCoordinates coordinates = ResizeCoordinates::kHalfPixel;
  NearestRounding rounding = NearestRounding::kRoundPreferFloor;  // of kNearest
  // Of y to x. 0: float(y.h) / float(x.h), float(y.w) / float(x.w), rounded: what ONNX does if it is given sizes.
  float scale_h = 0.0f, scale_w = 0.0f;
};

// x: n x h x w x c; y: n x any height x any width x c. Views as in image_view.h; y must not overlap x. Planes are
// images of one channel: n * c images of NCHW without gaps are ImageView(data, n * c, h, w, 1). Any size may be 0.
//
// Coordinates are f32, each step of the formulas above is rounded to nearest even, in their order: sum, quotient,
// difference; product of whole numbers, quotient. Where the scale is 1, s(u) = u. Then s(u) is clamped to [0, w - 1].
//
//   kNearest: y(b, v, u, i) = x(b, p(v), p(u), i), bit by bit, where p rounds a coordinate.
//   kLinear: each pixel has two neighbours along an axis, i = floor(s) and i + 1, and their weights are w0 = 1 - w1 and
//     w1 = s - i. First along rows, then between them:
//       t(r) = w0(u) * x(r, i(u)) + w1(u) * x(r, i(u) + 1)
//       y    = w0(v) * t(i(v)) + w1(v) * t(i(v) + 1)
//     Each product and each sum is rounded to f32 (nearest even), none is fused. A neighbour of weight 0 does not
//     count: then t is x(r, i(u)), and y is t(i(v)), without any product. The result is rounded once to y's type: to
//     bf16 or f16 to nearest even, to s8 or u8 to the nearest integer, ties to even, clamped. bf16, f16, s8 and u8 are
//     exact as f32. A NaN is stored as 7fc00000, 7fc0 or 7e00.
//
//   kLinearAtOnce, of f32 alone: with the same neighbours and weights, but w0 = w1 = 0.5 where there is no pixel i + 1,
//     which then is pixel i once more:
//       y = ((w0(v) w0(u)) x00 + (w0(v) w1(u)) x01 + (w1(v) w0(u)) x10) + (w1(v) w1(u)) x11
//     with the sums from left to right, and x10, say, that of row i(v) + 1 and column i(u). Each product (of weights
//     first) and each sum is rounded. All four neighbours count, even with weight 0. These are the bits of ONNX Runtime
//     on x86 (onnxruntime/core/providers/cpu/tensor/upsample.h); it takes 0.9 to 1.7 times as long as kLinear.
//
// The bits of y do not depend on the tier, the executor, or on how images are split over calls, nor on the caller's
// rounding mode and flush-to-zero bits. Memory beyond x and y: 56 KiB of stack for each worker.
//
// Errors: kMismatch (y.n, y.c), kTooSmall (x.h or x.w is 0 and y has pixels; a stride of y), kTooLarge (a view that
// exceeds the address space), kNull, kOverlap, kInvalidValue (a scale that is not 0 and not finite and positive;
// kLinearAtOnce of other types than f32).
// Nothing is written on error.
ISOQUANT_API Status Resize2d(Context& context, const ImageView<const int8_t>& x, const Resizing& resizing,
                             const ImageView<int8_t>& y);
ISOQUANT_API Status Resize2d(Context& context, const ImageView<const uint8_t>& x, const Resizing& resizing,
                             const ImageView<uint8_t>& y);
ISOQUANT_API Status Resize2d(Context& context, const ImageView<const float>& x, const Resizing& resizing,
                             const ImageView<float>& y);
ISOQUANT_API Status Resize2d(Context& context, const ImageView<const BFloat16>& x, const Resizing& resizing,
                             const ImageView<BFloat16>& y);
ISOQUANT_API Status Resize2d(Context& context, const ImageView<const Float16>& x, const Resizing& resizing,
                             const ImageView<Float16>& y);

}  // namespace isoquant

#endif  // ISOQUANT_RESIZE_H_
