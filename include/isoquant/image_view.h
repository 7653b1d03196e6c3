// Public layer: how a caller describes images that it owns.
#ifndef ISOQUANT_IMAGE_VIEW_H_
#define ISOQUANT_IMAGE_VIEW_H_

#include <cstddef>
#include <type_traits>

namespace isoquant {

// n images of h rows of w pixels of c channels (NHWC) in the caller's memory: channel i of pixel (x, y) of image b is
//   data[b * image_stride + y * row_stride + x * pixel_stride + i].
// Strides count elements. Nothing but these elements is read or written. So a view may be a window: of some rows and
// columns of a larger image, and of some of its channels.
//
// Channel windows make concatenation: the layers whose outputs are concatenated write to windows of one image, each
// with pixel_stride = the channels of all of them, and nothing is copied.
//
// Two views overlap if they have a byte of an element in common; windows of one image that share no element do not.
// Pixels of a view that is only read may overlap one another, and strides may be 0. Pixels of outputs lie apart, rows
// behind one another: pixel_stride is at least c, row_stride at least what a row takes, image_stride at least what an
// image takes (kTooSmall otherwise). The stride of a single pixel, row or image does not matter. A view with a size of
// 0 needs no memory.
template <class T>
struct ImageView {
  T* data = nullptr;
  size_t n = 0, h = 0, w = 0, c = 0;
  size_t pixel_stride = 0, row_stride = 0, image_stride = 0;

  constexpr ImageView() = default;
  constexpr ImageView(T* data_in, size_t n_in, size_t h_in, size_t w_in, size_t c_in)
      : ImageView(data_in, n_in, h_in, w_in, c_in, c_in, w_in * c_in, h_in * w_in * c_in) {}
  constexpr ImageView(T* data_in, size_t n_in, size_t h_in, size_t w_in, size_t c_in, size_t pixel_stride_in,
                      size_t row_stride_in, size_t image_stride_in)
      : data(data_in),
        n(n_in),
        h(h_in),
        w(w_in),
        c(c_in),
        pixel_stride(pixel_stride_in),
        row_stride(row_stride_in),
        image_stride(image_stride_in) {}

  // A writable view is a readable one.
  template <class U, std::enable_if_t<std::is_same<const U, T>::value && !std::is_const<U>::value, int> = 0>
  constexpr ImageView(const ImageView<U>& other)  // NOLINT: implicit on purpose
      : ImageView(other.data, other.n, other.h, other.w, other.c, other.pixel_stride, other.row_stride,
                  other.image_stride) {}

  constexpr T* Pixel(size_t image, size_t y, size_t x) const {
    return data + image * image_stride + y * row_stride + x * pixel_stride;
  }
  constexpr bool empty() const { return n == 0 || h == 0 || w == 0 || c == 0; }
  // `count` channels from `begin` on, of all pixels.
  constexpr ImageView Channels(size_t begin, size_t count) const {
    return {data + begin, n, h, w, count, pixel_stride, row_stride, image_stride};
  }
};

}  // namespace isoquant

#endif  // ISOQUANT_IMAGE_VIEW_H_
