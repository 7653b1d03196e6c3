// Tests of pooling: every tier and number of workers against the definition.
#include "isoquant/pooling.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/images.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The pixels of a window that lie in the image, in order, of one channel.
template <class T>
std::vector<T> PixelsOf(const ImageView<const T>& x, const Conv2dGeometry& g, size_t image, size_t v, size_t u,
                        size_t channel) {
  std::vector<T> pixels;
  for (size_t r = 0; r < g.kernel_h; ++r) {
    for (size_t s = 0; s < g.kernel_w; ++s) {
      const size_t row = v * g.stride_h + r * g.dilation_h, col = u * g.stride_w + s * g.dilation_w;
      if (row < g.pad_top || row >= g.pad_top + x.h || col < g.pad_left || col >= g.pad_left + x.w) continue;
      pixels.push_back(x.Pixel(image, row - g.pad_top, col - g.pad_left)[channel]);
    }
  }
  return pixels;
}

template <class T>
T ReferenceMax(const std::vector<T>& pixels) {
  if constexpr (std::is_integral<T>::value) {
    T max = std::numeric_limits<T>::min();
    for (const T value : pixels) max = value > max ? value : max;
    return max;
  } else {
    float max = -kInfinity;
    for (const float value : pixels) {
      if (std::isnan(value)) return OneNaN(value);
      if (value > max || (value == max && !std::signbit(value))) max = value;
    }
    return max;
  }
}

template <class T>
T ReferenceAverage(const std::vector<T>& pixels, size_t kernel, const AveragePooling& pooling) {
  const size_t count = pooling.count_include_pad ? kernel : pixels.size();
  if constexpr (std::is_integral<T>::value) {
    if (count == 0) return static_cast<T>(pooling.zero_point);
    int64_t sum = static_cast<int64_t>(count - pixels.size()) * pooling.zero_point;
    for (const T value : pixels) sum += value;
    // As TensorFlow Lite has it: half of the count, and a division that cuts.
    const int64_t n = static_cast<int64_t>(count), half = n / 2;
    return static_cast<T>(sum > 0 ? (sum + half) / n : (sum - half) / n);
  } else {
    float sum = 0.0f;
    for (const float value : pixels) sum = Rounded(sum + value);
    return count == 0 ? 0.0f : OneNaN(Rounded(sum / static_cast<float>(count)));
  }
}

template <class T>
void FillPixels(Random& random, const Guarded<T>& pixels) {
  if constexpr (std::is_integral<T>::value) {
    FillIntegers(random, pixels.data(), pixels.size());
  } else {
    const float special[] = {0.0f, -0.0f, kInfinity, -kInfinity, FromBits(0x7fc12345), FromBits(0xff812345), 1e-41f};
    for (float& value : pixels) {
      value = random.Below(40) == 0 ? special[random.Below(7)] : random.Signed() * 100.0f;
    }
  }
}

template <class T>
class Pools {
 public:
  Pools(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, const AveragePooling& pooling,
        size_t gap = 0)
      : geometry_(geometry),
        pooling_(pooling),
        x_(shape, gap % 2 == 0 ? Guarded<T>::At::kEnd : Guarded<T>::At::kBegin),
        max_(OutputShape(shape, geometry, gap)),
        average_(OutputShape(shape, geometry, gap)) {
    FillPixels(random, x_.buffer());
    const ImageView<T> max = max_.expected(), average = average_.expected();
    for (size_t b = 0; b < max.n; ++b) {
      for (size_t v = 0; v < max.h; ++v) {
        for (size_t u = 0; u < max.w; ++u) {
          for (size_t c = 0; c < max.c; ++c) {
            const std::vector<T> pixels = PixelsOf(x_.const_view(), geometry, b, v, u, c);
            max.Pixel(b, v, u)[c] = ReferenceMax(pixels);
            average.Pixel(b, v, u)[c] = ReferenceAverage(pixels, geometry.kernel_h * geometry.kernel_w, pooling);
          }
        }
      }
    }
  }

  void Check(Context& context) const {
    max_.Clear();
    average_.Clear();
    ISOQUANT_CHECK_OK(MaxPool2d(context, x_.const_view(), geometry_, max_.view()));
    ISOQUANT_CHECK_OK(AveragePool2d(context, x_.const_view(), geometry_, average_.view(), pooling_));
    max_.Check();
    average_.Check();
  }
  void CheckOnEveryTier() const {
    ForEachTier([&](Context& context) { Check(context); });
  }
  const OutputImage<T>& max() const { return max_; }
  const OutputImage<T>& average() const { return average_; }

 private:
  static ImageShape OutputShape(const ImageShape& s, const Conv2dGeometry& g, size_t gap) {
    return {s.n,
            ReferenceOutputSize(s.h, g.pad_top, g.pad_bottom, g.kernel_h, g.dilation_h, g.stride_h),
            ReferenceOutputSize(s.w, g.pad_left, g.pad_right, g.kernel_w, g.dilation_w, g.stride_w),
            s.c,
            gap,
            gap,
            gap};
  }

  const Conv2dGeometry geometry_;
  const AveragePooling pooling_;
  const GuardedImage<T> x_;
  OutputImage<T> max_, average_;
};

TEST_CASE_TEMPLATE("Pooling: random geometries", T, int8_t, uint8_t, float) {
  Random random(51);
  for (size_t i = 0; i < 60; ++i) {
    ImageShape shape{};
    size_t outputs = 0;
    Conv2dGeometry g = RandomConvolution(random, 200000, shape, outputs);
    g.groups = 1;
    AveragePooling pooling;
    pooling.count_include_pad = i % 2 == 0;
    pooling.zero_point = static_cast<int32_t>(random.Below(128));
    const Pools<T> pools(random, shape, g, pooling, i % 3);
    pools.CheckOnEveryTier();
  }
}

TEST_CASE_TEMPLATE("Pooling: numbers of channels", T, int8_t, uint8_t, float) {
  Random random(52);
  for (size_t channels = 1; channels <= 130; channels += channels < 20 ? 1 : 9) {
    const Pools<T> pools(random, {1, 3, 4, channels}, {2, 2}, {}, channels % 2);
    pools.CheckOnEveryTier();
  }
}

TEST_CASE_TEMPLATE("Pooling: windows of padding alone, and nothing to do", T, int8_t, uint8_t, float) {
  Random random(53);
  Conv2dGeometry g{2, 2};
  g.pad_top = g.pad_left = 5;
  g.pad_right = 3;
  for (const bool counts : {false, true}) {
    for (const ImageShape& shape : {ImageShape{1, 3, 2, 5}, ImageShape{2, 0, 4, 3}, ImageShape{1, 4, 0, 3},
                                    ImageShape{0, 3, 3, 3}, ImageShape{1, 3, 3, 0}}) {
      const Pools<T> pools(random, shape, g, {counts, 77});
      pools.CheckOnEveryTier();
    }
  }
  const Pools<T> none(random, {2, 1, 1, 4}, {3, 3}, {});
  none.CheckOnEveryTier();
}

// Ties, and averages beside them, of all sums that few pixels can have.
TEST_CASE("Pooling: averages are rounded to nearest, ties away from zero") {
  Context context;
  for (const int count : {2, 3, 4, 5, 6, 7, 8, 9}) {
    for (int sum = -128 * count; sum <= 127 * count; ++sum) {
      std::vector<int8_t> x(static_cast<size_t>(count));
      int rest = sum;
      for (int i = 0; i < count; ++i) {
        const int each = rest / (count - i);
        x[static_cast<size_t>(i)] = static_cast<int8_t>(each);
        rest -= each;
      }
      int8_t y = 0;
      ISOQUANT_CHECK_OK(GlobalAveragePool(context, ImageView<const int8_t>(x.data(), 1, 1, x.size(), 1),
                                          ImageView<int8_t>(&y, 1, 1, 1, 1)));
      const double exact = static_cast<double>(sum) / count;
      const int expected = static_cast<int>(exact < 0 ? -std::floor(0.5 - exact) : std::floor(0.5 + exact));
      if (y != expected) {
        CAPTURE(sum);
        CAPTURE(count);
        CHECK(y == expected);
      }
    }
  }
}

// So many pixels that sums are no longer exact as floats.
TEST_CASE("Pooling: large windows") {
  Random random(54);
  constexpr size_t kH = 300, kW = 301, kC = 3;
  std::vector<uint8_t> x(kH * kW * kC);
  // Half of 255 but one of the pixels, the others 254: just below a tie, which the nearest float reaches.
  for (size_t i = 0; i < x.size(); ++i) x[i] = i / kC < kH * kW / 2 - 1 ? 255 : 254;
  ForEachTier([&](Context& context) {
    uint8_t y[kC];
    ISOQUANT_CHECK_OK(GlobalAveragePool(context, ImageView<const uint8_t>(x.data(), 1, kH, kW, kC),
                                        ImageView<uint8_t>(y, 1, 1, 1, kC)));
    for (size_t c = 0; c < kC; ++c) CHECK(y[c] == 254);
  });
  for (const uint8_t base : {uint8_t{254}, uint8_t{3}}) {
    int64_t sums[kC] = {};
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<uint8_t>(base + random.Below(2));
      sums[i % kC] += x[i];
    }
    ForEachTier([&](Context& context) {
      uint8_t y[kC];
      ISOQUANT_CHECK_OK(GlobalAveragePool(context, ImageView<const uint8_t>(x.data(), 1, kH, kW, kC),
                                          ImageView<uint8_t>(y, 1, 1, 1, kC)));
      for (size_t c = 0; c < kC; ++c) CHECK(y[c] == (sums[c] + int64_t{kH * kW / 2}) / int64_t{kH * kW});
    });
  }
}

TEST_CASE_TEMPLATE("Pooling: the whole image", T, int8_t, uint8_t, float) {
  Random random(55);
  for (const ImageShape& shape : {ImageShape{2, 5, 7, 70, 1}, ImageShape{1, 0, 3, 4}, ImageShape{2, 3, 0, 4},
                                  ImageShape{1, 1, 1, 3}, ImageShape{0, 2, 2, 3}}) {
    GuardedImage<T> x(shape);
    FillPixels(random, x.buffer());
    OutputImage<T> y({shape.n, 1, 1, shape.c});
    const Conv2dGeometry all{shape.h == 0 ? 1 : shape.h, shape.w == 0 ? 1 : shape.w};
    for (size_t b = 0; b < shape.n; ++b) {
      for (size_t c = 0; c < shape.c; ++c) {
        y.expected().Pixel(b, 0, 0)[c] = ReferenceAverage(PixelsOf(x.const_view(), all, b, 0, 0, c), 1, {});
      }
    }
    ForEachTier([&](Context& context) {
      y.Clear();
      ISOQUANT_CHECK_OK(GlobalAveragePool(context, x.const_view(), y.view()));
      y.Check();
    });
  }
}

TEST_CASE_TEMPLATE("Pooling: any number of workers, and golden digests", T, int8_t, uint8_t, float) {
  Random random(56);
  Conv2dGeometry g{3, 3, 2, 2};
  g.pad_top = g.pad_left = g.pad_bottom = 1;
  const Pools<T> wide(random, {2, 24, 25, 130}, g, {true, 5});
  const std::string name = std::is_same<T, int8_t>::value ? "s8" : std::is_same<T, uint8_t>::value ? "u8" : "f32";
  ForEachTierOn<ThreadExecutor>({1, 2, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    wide.Check(context);
    Digest digest;
    wide.max().AddTo(digest);
    wide.average().AddTo(digest);
    CheckGolden("pooling/" + name, digest.value());
  });
}

TEST_CASE("Pooling: floats do not depend on the caller's environment") {
  Random random(57);
  const Pools<float> pools(random, {1, 9, 9, 20}, {3, 3}, {});
  ForEachTierOn<UnusualExecutor>({1, 2}, [&](Context& context, const UnusualExecutor&) { pools.Check(context); });
}

TEST_CASE("Pooling: errors name the argument and write nothing") {
  Context context;
  const std::vector<uint8_t> in(64);
  std::vector<uint8_t> out(64, 7);
  const std::vector<uint8_t> before = out;
  using X = ImageView<const uint8_t>;
  using Y = ImageView<uint8_t>;
  const X x(in.data(), 1, 4, 4, 3);
  const Y y(out.data(), 1, 3, 3, 3);
  const auto refused = [&](const X& x_in, const Conv2dGeometry& g, const Y& y_in, const Refusal& refusal) {
    CheckRefused(MaxPool2d(context, x_in, g, y_in), refusal);
    CheckRefused(AveragePool2d(context, x_in, g, y_in), refusal);
    CHECK(out == before);
  };
  const Conv2dGeometry g{2, 2};
  Conv2dGeometry groups = g, zero = g;
  groups.groups = 3;
  zero.stride_w = 0;
  refused(x, groups, y, Mismatch("geometry.groups", 3, "that of pooling", 1));
  refused(x, zero, y,
          {StatusCode::kTooSmall, "geometry.stride_w", 0, 1, "geometry.stride_w is 0, expected at least one = 1"});
  refused(x, g, {out.data(), 2, 3, 3, 3}, Mismatch("y.n", 2, "x.n", 1));
  refused(x, g, {out.data(), 1, 4, 3, 3}, Mismatch("y.h", 4, "the height of Conv2dOutputSize", 3));
  refused(x, g, {out.data(), 1, 3, 4, 3}, Mismatch("y.w", 4, "the width of Conv2dOutputSize", 3));
  refused(x, g, {out.data(), 1, 3, 3, 2}, Mismatch("y.c", 2, "x.c", 3));
  refused({nullptr, 1, 4, 4, 3}, g, y, Null("x", "x.n * x.h * x.w * x.c", 48));
  refused(x, g, {nullptr, 1, 3, 3, 3}, Null("y", "y.n * y.h * y.w * y.c", 27));
  refused({out.data() + 20, 1, 4, 4, 3}, g, y, Overlap("y", "x"));
  AveragePooling pooling;
  pooling.zero_point = 256;
  CheckRefused(AveragePool2d(context, x, g, y, pooling),
               InvalidInteger("pooling.zero_point", 256, "at most the largest value of x's type", 255));
  const Conv2dGeometry large{size_t{1} << 12, size_t{1} << 12};
  CheckRefused(AveragePool2d(context, x, large, {out.data(), 1, 0, 0, 3}),
               {StatusCode::kTooLarge, "geometry.kernel_h", 4096, 2048,
                "geometry.kernel_h is 4096, expected at most what kernel_w leaves of 2^23 = 2048"});
  CheckRefused(GlobalAveragePool(context, x, y), Mismatch("y.h", 3, "the height of Conv2dOutputSize", 1));
  CHECK(out == before);
}

}  // namespace
}  // namespace isoquant
