// Test support: images in guarded memory, and the definition of convolutions in plain scalar code.
#ifndef ISOQUANT_TEST_IMAGES_H_
#define ISOQUANT_TEST_IMAGES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/filter.h"
#include "isoquant/image_view.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {

struct ImageShape {
  size_t n, h, w, c;
  // What strides are more than they must be, in elements.
  size_t pixel_gap = 0, row_gap = 0, image_gap = 0;
};

template <class T>
ImageView<T> ViewOfImage(T* data, const ImageShape& s) {
  const size_t pixel = s.c + s.pixel_gap, row = s.w * pixel + s.row_gap;
  return {data, s.n, s.h, s.w, s.c, pixel, row, s.h * row + s.image_gap};
}

// The elements from the first one to the last.
inline size_t ExtentOf(const ImageShape& s) {
  if (s.n * s.h * s.w * s.c == 0) return 0;
  const ImageView<char> v = ViewOfImage<char>(nullptr, s);
  return (s.n - 1) * v.image_stride + (s.h - 1) * v.row_stride + (s.w - 1) * v.pixel_stride + s.c;
}

// An image that ends where a page that cannot be touched begins, or begins where one ends.
template <class T>
class GuardedImage {
 public:
  explicit GuardedImage(const ImageShape& shape, typename Guarded<T>::At at = Guarded<T>::At::kEnd)
      : buffer_(ExtentOf(shape), at), view_(ViewOfImage(buffer_.data(), shape)) {}

  const ImageView<T>& view() const { return view_; }
  ImageView<const T> const_view() const { return view_; }
  const Guarded<T>& buffer() const { return buffer_; }

 private:
  Guarded<T> buffer_;
  ImageView<T> view_;
};

// An image that an operation writes, and what it must be: all bytes, those between its elements too.
template <class T>
class OutputImage {
 public:
  explicit OutputImage(const ImageShape& shape) : actual_(shape), expected_(actual_.buffer().size()) {
    if (!expected_.empty()) std::memset(expected_.data(), 0x5a, expected_.size() * sizeof(T));
    Clear();
  }

  void Clear() const {
    if (!expected_.empty()) std::memset(actual_.buffer().data(), 0x5a, expected_.size() * sizeof(T));
  }
  const ImageView<T>& view() const { return actual_.view(); }
  ImageView<T> expected() {
    ImageView<T> view = actual_.view();
    view.data = expected_.data();
    return view;
  }
  void Check() const {
    for (size_t i = 0; i < expected_.size(); ++i) {
      if (std::memcmp(&expected_[i], &actual_.buffer()[i], sizeof(T)) == 0) continue;
      INFO("element ", i, " of ", view().n, " x ", view().h, " x ", view().w, " x ", view().c);
      if constexpr (std::is_arithmetic<T>::value) CHECK(actual_.buffer()[i] == expected_[i]);
      FAIL_CHECK("different bytes");
      return;
    }
  }
  void AddTo(Digest& digest) const { digest.Add(actual_.buffer().data(), actual_.buffer().size()); }

 private:
  GuardedImage<T> actual_;
  std::vector<T> expected_;
};

// How many windows fit, found by trying.
inline size_t ReferenceOutputSize(size_t size, size_t before, size_t after, size_t kernel, size_t dilation,
                                  size_t stride) {
  size_t count = 0;
  while (count * stride + (kernel - 1) * dilation < size + before + after) ++count;
  return count;
}

// y = the convolution of convolution.h, modulo 2^32, as it is written. filter: O x H x W x I without gaps.
template <class A, class B>
void ReferenceConv2d(const ImageView<const A>& x, int32_t zx, const std::vector<B>& filter,
                     VectorView<const int32_t> zw, const Conv2dGeometry& g, const ImageView<int32_t>& y) {
  const size_t channels = x.c / g.groups, outputs = y.c / g.groups;
  for (size_t i = 0; i < y.n * y.h * y.w * y.c; ++i) {
    const size_t o = i % y.c, u = i / y.c % y.w, v = i / y.c / y.w % y.h, b = i / y.c / y.w / y.h;
    uint32_t sum = 0;
    for (size_t r = 0; r < g.kernel_h; ++r) {
      for (size_t s = 0; s < g.kernel_w; ++s) {
        const ptrdiff_t row =
            static_cast<ptrdiff_t>(v * g.stride_h + r * g.dilation_h) - static_cast<ptrdiff_t>(g.pad_top);
        const ptrdiff_t col =
            static_cast<ptrdiff_t>(u * g.stride_w + s * g.dilation_w) - static_cast<ptrdiff_t>(g.pad_left);
        if (row < 0 || row >= static_cast<ptrdiff_t>(x.h) || col < 0 || col >= static_cast<ptrdiff_t>(x.w)) continue;
        const A* const pixel = x.Pixel(b, static_cast<size_t>(row), static_cast<size_t>(col)) + o / outputs * channels;
        const B* const weights = filter.data() + ((o * g.kernel_h + r) * g.kernel_w + s) * channels;
        for (size_t c = 0; c < channels; ++c) {
          sum += (static_cast<uint32_t>(int32_t{pixel[c]}) - static_cast<uint32_t>(zx)) *
                 (static_cast<uint32_t>(int32_t{weights[c]}) - static_cast<uint32_t>(OneOrEach(zw, o)));
        }
      }
    }
    y.Pixel(b, v, u)[o] = static_cast<int32_t>(sum);
  }
}

// One convolution: an image and a filter of random values, and what the sums must be.
template <class A, class B>
class ConvolutionCase {
 public:
  // `shape` is that of x. With `zeros` the filter has zero points: 0, 1, or one for each output. Its elements are
  // random ones over `divisor`.
  ConvolutionCase(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, size_t outputs,
                  size_t zeros = 0, typename Guarded<A>::At at = Guarded<A>::At::kEnd, int divisor = 1)
      : geometry_(geometry), x_(shape, at), filter_zeros_(zeros) {
    FillIntegers(random, x_.buffer().data(), x_.buffer().size());
    zero_point_ = static_cast<A>(random());
    const size_t channels = shape.c / geometry.groups;
    filter_.resize(outputs * geometry.kernel_h * geometry.kernel_w * channels);
    FillIntegers(random, filter_.data(), filter_.size());
    for (B& element : filter_) element = static_cast<B>(element / divisor);
    for (int32_t& z : filter_zeros_) z = static_cast<int32_t>(random.Below(400)) - 200;
    out_h_ = ReferenceOutputSize(shape.h, geometry.pad_top, geometry.pad_bottom, geometry.kernel_h, geometry.dilation_h,
                                 geometry.stride_h);
    out_w_ = ReferenceOutputSize(shape.w, geometry.pad_left, geometry.pad_right, geometry.kernel_w, geometry.dilation_w,
                                 geometry.stride_w);
    Context context;
    const size_t k = geometry.kernel_h * geometry.kernel_w * channels;
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{filter_.data(), outputs, k}}, geometry, channels, packed_));
  }

  const ImageView<const A> x() const { return x_.const_view(); }
  int32_t zero_point() const { return zero_point_; }
  void set_zero_point(A zero_point) { zero_point_ = zero_point; }
  VectorView<const int32_t> filter_zeros() const { return {filter_zeros_.data(), filter_zeros_.size()}; }
  const PackedFilter& packed() const { return packed_; }
  const std::vector<B>& filter() const { return filter_; }
  // The shape of y.
  ImageShape OutputShape(size_t pixel_gap = 0, size_t row_gap = 0, size_t image_gap = 0) const {
    return {x().n, out_h_, out_w_, packed_.out_channels(), pixel_gap, row_gap, image_gap};
  }
  void Expect(const ImageView<int32_t>& y) const {
    ReferenceConv2d(x(), zero_point_, filter_, filter_zeros(), geometry_, y);
  }

 private:
  const Conv2dGeometry geometry_;
  const GuardedImage<A> x_;
  int32_t zero_point_;
  std::vector<B> filter_;
  Guarded<int32_t> filter_zeros_;
  PackedFilter packed_;
  size_t out_h_, out_w_;
};

// A geometry and an image such that the convolution has at most `most` products, outputs in `outputs`.
inline Conv2dGeometry RandomConvolution(Random& random, size_t most, ImageShape& shape, size_t& outputs) {
  for (;;) {
    Conv2dGeometry g;
    g.kernel_h = 1 + random.Below(7);
    g.kernel_w = 1 + random.Below(7);
    g.stride_h = 1 + random.Below(3);
    g.stride_w = 1 + random.Below(3);
    g.dilation_h = random.Below(2) == 0 ? 1 : 1 + random.Below(8);
    g.dilation_w = random.Below(2) == 0 ? 1 : 1 + random.Below(8);
    g.pad_top = random.Below(g.kernel_h + 1);
    g.pad_bottom = random.Below(g.kernel_h + 1);
    g.pad_left = random.Below(g.kernel_w + 1);
    g.pad_right = random.Below(g.kernel_w + 1);
    g.groups = random.Below(3) == 0 ? 1 + random.Below(5) : 1;
    shape.n = 1 + random.Below(3);
    shape.h = 1 + random.Below(random.Below(3) == 0 ? 40 : 12);
    shape.w = 1 + random.Below(random.Below(3) == 0 ? 40 : 12);
    const size_t most_channels = random.Below(2) == 0 ? 130 : 20;
    shape.c = g.groups * (1 + random.Below(most_channels / g.groups));
    shape.pixel_gap = random.Below(2) * random.Below(5);
    shape.row_gap = random.Below(2) * random.Below(9);
    shape.image_gap = random.Below(2) * random.Below(9);
    outputs = g.groups * (1 + random.Below(40 / g.groups));
    const size_t h = ReferenceOutputSize(shape.h, g.pad_top, g.pad_bottom, g.kernel_h, g.dilation_h, g.stride_h);
    const size_t w = ReferenceOutputSize(shape.w, g.pad_left, g.pad_right, g.kernel_w, g.dilation_w, g.stride_w);
    const size_t products = shape.n * h * w * outputs * g.kernel_h * g.kernel_w * shape.c / g.groups;
    if (products != 0 && products <= most) return g;
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_IMAGES_H_
