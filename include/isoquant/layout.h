// Public layer: between images whose channels lie in planes (NCHW) and images whose pixels lie together (NHWC).
#ifndef ISOQUANT_LAYOUT_H_
#define ISOQUANT_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/image_view.h"
#include "isoquant/status.h"

namespace isoquant {

// n images of c planes of h rows of w elements (NCHW) in the caller's memory: element (x, y) of plane i of image b is
//   data[b * image_stride + i * plane_stride + y * row_stride + x].
// Strides count elements; views of outputs have rows, planes and images behind one another, as in image_view.h.
template <class T>
struct PlanarView {
  T* data = nullptr;
  size_t n = 0, c = 0, h = 0, w = 0;
  size_t row_stride = 0, plane_stride = 0, image_stride = 0;

  constexpr PlanarView() = default;
  constexpr PlanarView(T* data_in, size_t n_in, size_t c_in, size_t h_in, size_t w_in)
      : PlanarView(data_in, n_in, c_in, h_in, w_in, w_in, h_in * w_in, c_in * h_in * w_in) {}
  constexpr PlanarView(T* data_in, size_t n_in, size_t c_in, size_t h_in, size_t w_in, size_t row_stride_in,
                       size_t plane_stride_in, size_t image_stride_in)
      : data(data_in),
        n(n_in),
        c(c_in),
        h(h_in),
        w(w_in),
        row_stride(row_stride_in),
        plane_stride(plane_stride_in),
        image_stride(image_stride_in) {}

  // A writable view is a readable one.
  template <class U, std::enable_if_t<std::is_same<const U, T>::value && !std::is_const<U>::value, int> = 0>
  constexpr PlanarView(const PlanarView<U>& other)  // NOLINT: implicit on purpose
      : PlanarView(other.data, other.n, other.c, other.h, other.w, other.row_stride, other.plane_stride,
                   other.image_stride) {}
};

// y(b, v, u, i) = x(b, i, v, u), bit by bit. Any size may be 0. Views may be windows; y must not overlap x.
//
// Errors: kMismatch (y.n, y.h, y.w, y.c), kTooSmall (a stride of y), kTooLarge (a view that exceeds the address space),
// kNull, kOverlap. Nothing is written on error.
ISOQUANT_API Status NchwToNhwc(Context& context, const PlanarView<const int8_t>& x, const ImageView<int8_t>& y);
ISOQUANT_API Status NchwToNhwc(Context& context, const PlanarView<const uint8_t>& x, const ImageView<uint8_t>& y);
ISOQUANT_API Status NchwToNhwc(Context& context, const PlanarView<const float>& x, const ImageView<float>& y);

// The inverse: y(b, i, v, u) = x(b, v, u, i).
ISOQUANT_API Status NhwcToNchw(Context& context, const ImageView<const int8_t>& x, const PlanarView<int8_t>& y);
ISOQUANT_API Status NhwcToNchw(Context& context, const ImageView<const uint8_t>& x, const PlanarView<uint8_t>& y);
ISOQUANT_API Status NhwcToNchw(Context& context, const ImageView<const float>& x, const PlanarView<float>& y);

}  // namespace isoquant

#endif  // ISOQUANT_LAYOUT_H_
