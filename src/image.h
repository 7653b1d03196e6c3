// Support: checks of images, and images as matrices of pixels.
#ifndef ISOQUANT_SRC_IMAGE_H_
#define ISOQUANT_SRC_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/image_view.h"
#include "isoquant/layout.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "src/check.h"

namespace isoquant {

// The names under which an image is reported. ISOQUANT_IMAGE_NAMES(x) for the argument `x`.
struct ImageNames {
  const char *whole, *data, *n, *h, *w, *c, *pixel_stride, *row_stride, *image_stride, *elements;
  const char *of_row = "what a row takes", *of_image = "what an image takes";
};
#define ISOQUANT_IMAGE_NAMES(v)                                                              \
  ([]() -> const ::isoquant::ImageNames& {                                                   \
    static constexpr ::isoquant::ImageNames names{#v,                                        \
                                                  #v ".data",                                \
                                                  #v ".n",                                   \
                                                  #v ".h",                                   \
                                                  #v ".w",                                   \
                                                  #v ".c",                                   \
                                                  #v ".pixel_stride",                        \
                                                  #v ".row_stride",                          \
                                                  #v ".image_stride",                        \
                                                  #v ".n * " #v ".h * " #v ".w * " #v ".c"}; \
    return names;                                                                            \
  }())

// The same of a PlanarView.
#define ISOQUANT_PLANAR_NAMES(v)                                                            \
  ([]() -> const ::isoquant::ImageNames& {                                                  \
    static constexpr ::isoquant::ImageNames names{#v,                                       \
                                                  #v ".data",                               \
                                                  #v ".n",                                  \
                                                  #v ".c",                                  \
                                                  #v ".h",                                  \
                                                  #v ".w",                                  \
                                                  #v ".row_stride",                         \
                                                  #v ".plane_stride",                       \
                                                  #v ".image_stride",                       \
                                                  #v ".n * " #v ".c * " #v ".h * " #v ".w", \
                                                  "what a plane takes"};                    \
    return names;                                                                           \
  }())

// An ImageView of elements of any type. Of planes, a row of pixels is a plane, and a pixel is one of its rows.
struct ImageLayout {
  const void* data;
  size_t n, h, w, c, pixel_stride, row_stride, image_stride, element_bytes;
  bool is_written;

  template <class T>
  ImageLayout(const ImageView<T>& v)  // NOLINT: implicit on purpose
      : data(v.data),
        n(v.n),
        h(v.h),
        w(v.w),
        c(v.c),
        pixel_stride(v.pixel_stride),
        row_stride(v.row_stride),
        image_stride(v.image_stride),
        element_bytes(sizeof(T)),
        is_written(!std::is_const<T>::value) {}

  template <class T>
  ImageLayout(const PlanarView<T>& v)  // NOLINT
      : data(v.data),
        n(v.n),
        h(v.c),
        w(v.h),
        c(v.w),
        pixel_stride(v.row_stride),
        row_stride(v.plane_stride),
        image_stride(v.image_stride),
        element_bytes(sizeof(T)),
        is_written(!std::is_const<T>::value) {}

  bool empty() const { return n == 0 || h == 0 || w == 0 || c == 0; }
};

// As image_view.h says.
Status CheckImage(const ImageLayout& image, const ImageNames& names);

// That the zero point of x is a value of its type.
template <class A>
Status CheckImageZeroPoint(const char* argument, int32_t zero_point) {
  return CheckZeroPoint<A>(argument, zero_point, "the smallest value of x's type", "the largest value of x's type");
}

// Of images that have been checked: kOverlap if they share a byte.
Status CheckApart(const char* output_name, const ImageLayout& output, const char* input_name, const ImageLayout& input);

// The bytes of an image: a matrix of its pixels, if these lie at one distance, else all bytes between the first and the
// last one, as a single row.
MatrixView<const uint8_t> BytesBetween(const ImageLayout& image);

// Whether the pixels of images [0, n), each of h rows of w pixels, lie at one distance, and which.
struct PixelDistance {
  bool is_one;
  size_t distance;
};
PixelDistance FindPixelDistance(const ImageLayout& image);

// Calls piece(number, matrix) for pieces of an image's pixels that are matrices, a pixel in each row: all pixels if
// they lie at one distance, else those of each image, or of each row; or of each row, with `by_rows`. `number` is that
// of the first pixel. Pieces have at most `max_pixels` pixels. It stops at the first error.
template <class T, class Piece>
Status ForEachPiece(const ImageView<T>& image, size_t max_pixels, bool by_rows, const Piece& piece) {
  PixelDistance all = FindPixelDistance(image);
  all.is_one &= !by_rows;
  ImageView<T> one = image;
  one.n = 1;
  const PixelDistance of_image = FindPixelDistance(one);
  by_rows |= !of_image.is_one;
  const size_t parts = all.is_one ? 1 : by_rows ? image.n * image.h : image.n;
  const size_t pixels = image.n * image.h * image.w / parts;
  const size_t stride = all.is_one ? all.distance : by_rows ? image.pixel_stride : of_image.distance;
  for (size_t i = 0; i < parts; ++i) {
    T* const data = by_rows ? image.Pixel(i / image.h, i % image.h, 0) : image.Pixel(i, 0, 0);
    for (size_t begin = 0; begin < pixels; begin += max_pixels) {
      const size_t count = pixels - begin < max_pixels ? pixels - begin : max_pixels;
      ISOQUANT_RETURN_IF_ERROR(piece(i * pixels + begin, MatrixView<T>(data + begin * stride, count, image.c, stride)));
    }
  }
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_IMAGE_H_
