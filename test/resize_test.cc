// Tests of Resize2d: every tier and number of workers against the definition.
#include "isoquant/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <list>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/float_types.h"
#include "test/images.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Mode = ResizeMode;
using Coordinates = ResizeCoordinates;
using Rounding = NearestRounding;

// s(u) of resize.h, along an axis of `from` pixels of x and `to` of y.
float Coordinate(const Resizing& r, float scale, size_t from, size_t to, size_t u) {
  if (scale == 0.0f) scale = Rounded(static_cast<float>(to) / static_cast<float>(from));
  const float at = static_cast<float>(u), last = static_cast<float>(from - 1);
  float s = at;
  if (scale != 1.0f) {
    const float half = Rounded(Rounded(at + 0.5f) / scale);
    if (r.coordinates == Coordinates::kHalfPixel) s = Rounded(half - 0.5f);
    if (r.coordinates == Coordinates::kPytorchHalfPixel) s = to == 1 ? 0.0f : Rounded(half - 0.5f);
    if (r.coordinates == Coordinates::kAlignCorners) {
      s = to == 1 ? 0.0f : Rounded(Rounded(at * last) / static_cast<float>(to - 1));
    }
    if (r.coordinates == Coordinates::kAsymmetric) s = Rounded(at / scale);
    if (r.coordinates == Coordinates::kTfHalfPixelForNn) s = half;
  }
  return std::min(std::max(s, 0.0f), last);
}

size_t Nearest(const Resizing& r, float s) {
  switch (r.rounding) {
    case Rounding::kRoundPreferFloor:
      return static_cast<size_t>(std::ceil(static_cast<double>(s) - 0.5));
    case Rounding::kRoundPreferCeil:
      return static_cast<size_t>(std::floor(static_cast<double>(s) + 0.5));
    case Rounding::kFloor:
      return static_cast<size_t>(std::floor(s));
    case Rounding::kCeil:
      return static_cast<size_t>(std::ceil(s));
  }
  return 0;
}

template <class T>
float ToFloat(T value) {
  if constexpr (std::is_arithmetic<T>::value) {
    return static_cast<float>(value);
  } else {
    return ReferenceToF32<T>(value.bits);
  }
}
template <class T>
T FromFloat(float value) {
  if constexpr (std::is_integral<T>::value) {
    const int32_t rounded = RoundTiesToEven(value);
    return static_cast<T>(
        std::min<int32_t>(std::max<int32_t>(rounded, std::numeric_limits<T>::min()), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_same<T, float>::value) {
    return OneNaN(value);
  } else {
    return T{ReferenceFromF32<T>(value)};
  }
}

// Between the values of two neighbours, at s.
template <class F>
float Between(float s, const F& value) {
  const float below = std::floor(s), w1 = Rounded(s - below), w0 = Rounded(1.0f - w1);
  const size_t i = static_cast<size_t>(below);
  if (w1 == 0.0f) return value(i);
  return Rounded(Rounded(w0 * value(i)) + Rounded(w1 * value(i + 1)));
}

// A coordinate's neighbours and their weights, if all count.
struct Neighbours {
  Neighbours(float s, size_t pixels)
      : low(static_cast<size_t>(std::floor(s))),
        high(std::min(low + 1, pixels - 1)),
        w1(low == high ? 0.5f : Rounded(s - std::floor(s))),
        w0(low == high ? 0.5f : Rounded(1.0f - w1)) {}
  size_t low, high;
  float w1, w0;
};
template <class F>
float BetweenFour(const Neighbours& v, const Neighbours& u, const F& value) {
  float sum = Rounded(Rounded(v.w0 * u.w0) * value(v.low, u.low));
  sum = Rounded(sum + Rounded(Rounded(v.w0 * u.w1) * value(v.low, u.high)));
  sum = Rounded(sum + Rounded(Rounded(v.w1 * u.w0) * value(v.high, u.low)));
  return Rounded(sum + Rounded(Rounded(v.w1 * u.w1) * value(v.high, u.high)));
}

template <class T>
T ReferenceResize(const ImageView<const T>& x, const Resizing& r, const ImageView<T>& y, size_t b, size_t v, size_t u,
                  size_t c) {
  const float row = Coordinate(r, r.scale_h, x.h, y.h, v), col = Coordinate(r, r.scale_w, x.w, y.w, u);
  if (r.mode == Mode::kNearest) return x.Pixel(b, Nearest(r, row), Nearest(r, col))[c];
  if (r.mode == Mode::kLinearAtOnce) {
    return FromFloat<T>(BetweenFour(Neighbours(row, x.h), Neighbours(col, x.w),
                                    [&](size_t i, size_t j) { return ToFloat(x.Pixel(b, i, j)[c]); }));
  }
  return FromFloat<T>(
      Between(row, [&](size_t i) { return Between(col, [&](size_t j) { return ToFloat(x.Pixel(b, i, j)[c]); }); }));
}

template <class T>
void FillPixels(Random& random, const Guarded<T>& pixels) {
  if constexpr (std::is_integral<T>::value) {
    FillIntegers(random, pixels.data(), pixels.size());
  } else {
    for (T& value : pixels) {
      const float f = random.Below(20) == 0 ? SpecialFloat(random) : random.Signed() * 100.0f;
      if constexpr (std::is_same<T, float>::value) {
        value = f;
      } else {
        value.bits = ReferenceFromF32<T>(f);
        if (random.Below(50) == 0) value.bits = static_cast<uint16_t>(random());
      }
    }
  }
}

template <class T>
class Resizes {
 public:
  // gaps of y: one that is different along each axis.
  Resizes(Random& random, const ImageShape& shape, size_t out_h, size_t out_w, const Resizing& resizing, size_t gap = 0)
      : resizing_(resizing),
        x_(shape, gap % 2 == 0 ? Guarded<T>::At::kEnd : Guarded<T>::At::kBegin),
        y_({shape.n, out_h, out_w, shape.c, gap, 2 * gap, 3 * gap}) {
    FillPixels(random, x_.buffer());
    const ImageView<T> y = y_.expected();
    for (size_t b = 0; b < y.n; ++b) {
      for (size_t v = 0; v < y.h; ++v) {
        for (size_t u = 0; u < y.w; ++u) {
          for (size_t c = 0; c < y.c; ++c) {
            const T value = ReferenceResize(x_.const_view(), resizing, y, b, v, u, c);
            std::memcpy(y.Pixel(b, v, u) + c, &value, sizeof(T));
          }
        }
      }
    }
  }

  void Check(Context& context) const {
    INFO("mode ", static_cast<int>(resizing_.mode), " coordinates ", static_cast<int>(resizing_.coordinates),
         " rounding ", static_cast<int>(resizing_.rounding), " from ", x_.view().h, " x ", x_.view().w, " to ",
         y_.view().h, " x ", y_.view().w, " channels ", y_.view().c);
    y_.Clear();
    ISOQUANT_CHECK_OK(Resize2d(context, x_.const_view(), resizing_, y_.view()));
    y_.Check();
  }
  void CheckOnEveryTier() const {
    ForEachTier([&](Context& context) { Check(context); });
  }
  const OutputImage<T>& y() const { return y_; }

 private:
  const Resizing resizing_;
  const GuardedImage<T> x_;
  OutputImage<T> y_;
};

Resizing RandomResizing(Random& random) {
  Resizing r;
  r.mode = static_cast<Mode>(random.Below(2));
  r.coordinates = static_cast<Coordinates>(random.Below(5));
  r.rounding = static_cast<Rounding>(random.Below(4));
  const float scales[] = {0.0f, 0.0f, 0.0f, 0.3f, 1.0f, 1.9f, 2.0f, 1e-30f, 1e30f};
  r.scale_h = scales[random.Below(9)];
  r.scale_w = scales[random.Below(9)];
  return r;
}

TEST_CASE_TEMPLATE("Resize: random sizes", T, int8_t, uint8_t, float, BFloat16, Float16) {
  Random random(61);
  for (size_t i = 0; i < 80; ++i) {
    const auto size = [&] { return 1 + random.Below(random.Below(3) == 0 ? 40 : 9); };
    ImageShape shape{};
    shape.n = 1 + random.Below(3);
    shape.h = size();
    shape.w = size();
    shape.c = 1 + random.Below(random.Below(3) == 0 ? 40 : 6);
    shape.pixel_gap = random.Below(2) * random.Below(4);
    shape.row_gap = random.Below(2) * random.Below(9);
    shape.image_gap = random.Below(2) * random.Below(9);
    const size_t out_h = size(), out_w = size();
    const Resizing resizing = RandomResizing(random);
    const Resizes<T> resizes(random, shape, out_h, out_w, resizing, i % 3);
    resizes.CheckOnEveryTier();
  }
}

TEST_CASE("Resize: both axes at once") {
  Random random(67);
  std::list<Resizes<float>> all;
  for (size_t i = 0; i < 60; ++i) {
    const auto size = [&] { return 1 + random.Below(random.Below(3) == 0 ? 40 : 9); };
    ImageShape shape{};
    shape.n = 1 + random.Below(2);
    shape.h = size();
    shape.w = size();
    shape.c = i % 3 == 0 ? 1 : 1 + random.Below(40);
    shape.pixel_gap = random.Below(2) * random.Below(4);
    shape.row_gap = random.Below(2) * random.Below(9);
    const size_t out_h = size(), out_w = size();
    Resizing resizing = RandomResizing(random);
    resizing.mode = Mode::kLinearAtOnce;
    all.emplace_back(random, shape, out_h, out_w, resizing, i % 3);
  }
  Resizing twice;
  twice.mode = Mode::kLinearAtOnce;
  all.emplace_back(random, ImageShape{1, 3, 700, 1}, 6, 1400, twice);
  all.emplace_back(random, ImageShape{1, 3, 3, 1100}, 6, 6, twice);
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    Digest digest;
    for (const Resizes<float>& resizes : all) {
      resizes.Check(context);
      resizes.y().AddTo(digest);
    }
    CheckGolden("resize/f32 at once", digest.value());
  });
}

// Up and down by little and by much; few channels, which go through tables, and many.
TEST_CASE_TEMPLATE("Resize: numbers of channels", T, int8_t, uint8_t, float, BFloat16, Float16) {
  Random random(62);
  for (const Mode mode : {Mode::kLinear, Mode::kNearest}) {
    Resizing resizing;
    resizing.mode = mode;
    for (const size_t channels :
         std::initializer_list<size_t>{1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64, 70}) {
      for (const size_t width : std::initializer_list<size_t>{41, 23, 18, 13, 8, 3}) {
        const Resizes<T> resizes(random, {1, 3, 19, channels}, 4, width, resizing);
        resizes.CheckOnEveryTier();
      }
    }
  }
}

// Scales that are powers of two: weights of 8-bit integers are sixteenths, but for larger scales, and aligned corners.
TEST_CASE_TEMPLATE("Resize: powers of two", T, int8_t, uint8_t) {
  Random random(68);
  for (const float scale : {0.125f, 0.25f, 0.5f, 1.0f, 2.0f, 4.0f, 8.0f, 16.0f}) {
    const Coordinates others[] = {Coordinates::kAlignCorners, Coordinates::kAsymmetric, Coordinates::kTfHalfPixelForNn};
    for (const Coordinates coordinates : {Coordinates::kHalfPixel, others[random.Below(3)]}) {
      Resizing resizing;
      resizing.coordinates = coordinates;
      resizing.scale_h = resizing.scale_w = scale;
      const size_t channels = 1 + random.Below(random.Below(3) == 0 ? 70 : 5), h = 2 + random.Below(6);
      const size_t out_h = 1 + static_cast<size_t>(scale * static_cast<float>(h)), out_w = 5 + random.Below(90);
      const ImageShape shape{1 + random.Below(2), h, 1 + random.Below(40), channels, random.Below(3) / 2};
      const Resizes<T> resizes(random, shape, out_h, out_w, resizing, random.Below(3));
      resizes.CheckOnEveryTier();
    }
  }
  // One axis alone; both, from white and black pixels, whose means are ties.
  Resizing up;
  up.scale_h = 2.0f;
  up.scale_w = 1.5f;
  Resizes<T>(random, {1, 4, 20, 3}, 8, 30, up).CheckOnEveryTier();
  const GuardedImage<T> x({1, 20, 32, 1});
  for (T& value : x.buffer()) value = random.Below(2) == 0 ? std::numeric_limits<T>::min() : T(random.Below(2) * 127);
  Resizing twice;
  OutputImage<T> y({1, 40, 64, 1});
  for (size_t v = 0; v < 40; ++v) {
    for (size_t u = 0; u < 64; ++u) {
      *y.expected().Pixel(0, v, u) = ReferenceResize(x.const_view(), twice, y.expected(), 0, v, u, 0);
    }
  }
  ForEachTier([&](Context& context) {
    y.Clear();
    ISOQUANT_CHECK_OK(Resize2d(context, x.const_view(), twice, y.view()));
    y.Check();
  });
}

// More columns, or channels, than a block has.
TEST_CASE_TEMPLATE("Resize: many columns, channels and rows", T, int8_t, uint8_t, float, BFloat16, Float16) {
  Random random(63);
  for (const Mode mode : {Mode::kLinear, Mode::kNearest}) {
    Resizing resizing;
    resizing.mode = mode;
    for (const ImageShape& shape : {ImageShape{1, 2, 700, 1}, ImageShape{1, 2, 5000, 1}, ImageShape{1, 2, 3150, 1},
                                    ImageShape{1, 2, 3, 1100}, ImageShape{1, 2, 3, 513}, ImageShape{1, 2, 500, 3}}) {
      const Resizes<T> resizes(random, shape, 3, shape.w < 10 ? 4 : 1500, resizing);
      resizes.CheckOnEveryTier();
    }
    const Resizes<T> tall(random, {2, 70, 2, 1}, 150, 3, resizing);
    tall.CheckOnEveryTier();
  }
}

TEST_CASE_TEMPLATE("Resize: the same size is a copy", T, int8_t, uint8_t, float, BFloat16, Float16) {
  Random random(64);
  for (const Coordinates coordinates :
       {Coordinates::kHalfPixel, Coordinates::kAlignCorners, Coordinates::kAsymmetric}) {
    Resizing resizing;
    resizing.coordinates = coordinates;
    GuardedImage<T> x({2, 5, 37, 3});
    if constexpr (std::is_integral<T>::value) {
      FillIntegers(random, x.buffer().data(), x.buffer().size());
    } else {
      for (T& value : x.buffer()) value = FromFloat<T>(SpecialFloat(random));
    }
    OutputImage<T> y({2, 5, 37, 3});
    std::memcpy(y.expected().data, x.view().data, x.buffer().size() * sizeof(T));
    ForEachTier([&](Context& context) {
      y.Clear();
      ISOQUANT_CHECK_OK(Resize2d(context, x.const_view(), resizing, y.view()));
      y.Check();
    });
  }
}

// The last pixel has the number 2^24 + 3, and the nearest float to that is one more.
TEST_CASE("Resize: more pixels than floats can count") {
  constexpr size_t kW = (size_t{1} << 24) + 4;
  const GuardedImage<uint8_t> x({1, 1, kW, 1});
  x.buffer()[kW - 1] = 77;
  for (const Mode mode : {Mode::kLinear, Mode::kNearest}) {
    Resizing resizing;
    resizing.mode = mode;
    resizing.coordinates = Coordinates::kAlignCorners;
    Context context;
    uint8_t y[3] = {1, 1, 1};
    ISOQUANT_CHECK_OK(Resize2d(context, x.const_view(), resizing, ImageView<uint8_t>(y, 1, 1, 3, 1)));
    CHECK(y[0] == 0);
    CHECK(y[1] == 0);
    CHECK(y[2] == 77);
  }
}

TEST_CASE_TEMPLATE("Resize: nothing to do", T, uint8_t, float) {
  Context context;
  for (const ImageShape& shape :
       {ImageShape{0, 3, 3, 3}, ImageShape{1, 3, 3, 0}, ImageShape{0, 0, 3, 3}, ImageShape{0, 3, 0, 3}}) {
    const ImageView<T> y(nullptr, shape.n, 5, 5, shape.c);
    ISOQUANT_CHECK_OK(Resize2d(context, ViewOfImage<const T>(nullptr, shape), Resizing(), y));
  }
  const T x{};
  ISOQUANT_CHECK_OK(
      Resize2d(context, ImageView<const T>(&x, 1, 1, 1, 1), Resizing(), ImageView<T>(nullptr, 1, 0, 4, 1)));
  ISOQUANT_CHECK_OK(
      Resize2d(context, ImageView<const T>(&x, 1, 1, 1, 1), Resizing(), ImageView<T>(nullptr, 1, 4, 0, 1)));
}

template <class T>
std::string NameOfType() {
  return std::is_same<T, int8_t>::value     ? "s8"
         : std::is_same<T, uint8_t>::value  ? "u8"
         : std::is_same<T, float>::value    ? "f32"
         : std::is_same<T, BFloat16>::value ? "bf16"
                                            : "f16";
}

TEST_CASE_TEMPLATE("Resize: any number of workers, and golden digests", T, int8_t, uint8_t, float, BFloat16, Float16) {
  Random random(65);
  Resizing nearest, corners;
  nearest.mode = Mode::kNearest;
  corners.coordinates = Coordinates::kAlignCorners;
  const Resizes<T> planes(random, {90, 17, 23, 1}, 34, 51, Resizing());
  const Resizes<T> pixels(random, {2, 20, 15, 34}, 33, 29, corners);
  const Resizes<T> down(random, {2, 40, 90, 3}, 23, 31, Resizing());
  const Resizes<T> near(random, {2, 21, 30, 34}, 50, 61, nearest);
  ForEachTierOn<ThreadExecutor>({1, 2, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    Digest digest;
    for (const Resizes<T>* resizes : {&planes, &pixels, &down, &near}) {
      resizes->Check(context);
      resizes->y().AddTo(digest);
    }
    CheckGolden("resize/" + NameOfType<T>(), digest.value());
  });
}

TEST_CASE("Resize: floats do not depend on the caller's environment") {
  Random random(66);
  const Resizes<float> planes(random, {40, 13, 29, 1}, 31, 63, Resizing());
  const Resizes<float> pixels(random, {1, 9, 9, 20}, 21, 23, Resizing());
  ForEachTierOn<UnusualExecutor>({1, 2}, [&](Context& context, const UnusualExecutor&) {
    planes.Check(context);
    pixels.Check(context);
  });
  Context context;
  ForEachFloatSettings([&](const auto& run) { run([&] { pixels.Check(context); }); });
}

TEST_CASE("Resize: errors name the argument and write nothing") {
  Context context;
  const std::vector<uint8_t> in(64);
  std::vector<uint8_t> out(64, 7);
  const std::vector<uint8_t> before = out;
  using X = ImageView<const uint8_t>;
  using Y = ImageView<uint8_t>;
  const X x(in.data(), 1, 4, 4, 3);
  const Y y(out.data(), 1, 3, 3, 3);
  const auto refused = [&](const X& x_in, const Y& y_in, const Refusal& refusal) {
    for (const Mode mode : {Mode::kLinear, Mode::kNearest}) {
      Resizing resizing;
      resizing.mode = mode;
      CheckRefused(Resize2d(context, x_in, resizing, y_in), refusal);
      CHECK(out == before);
    }
  };
  refused(x, {out.data(), 2, 3, 3, 3}, Mismatch("y.n", 2, "x.n", 1));
  refused(x, {out.data(), 1, 3, 3, 2}, Mismatch("y.c", 2, "x.c", 3));
  refused({in.data(), 1, 0, 4, 3}, y, {StatusCode::kTooSmall, "x.h", 0, 1, "x.h is 0, expected at least one = 1"});
  refused({in.data(), 1, 4, 0, 3}, y, {StatusCode::kTooSmall, "x.w", 0, 1, "x.w is 0, expected at least one = 1"});
  refused({nullptr, 1, 4, 4, 3}, y, Null("x", "x.n * x.h * x.w * x.c", 48));
  refused(x, {nullptr, 1, 3, 3, 3}, Null("y", "y.n * y.h * y.w * y.c", 27));
  refused({out.data() + 20, 1, 4, 4, 3}, y, Overlap("y", "x"));
  refused(x, {out.data(), 1, 3, 3, 3, 2, 9, 27},
          {StatusCode::kTooSmall, "y.pixel_stride", 2, 3, "y.pixel_stride is 2, expected at least y.c = 3"});
  const auto invalid = [&](const Resizing& resizing, const Refusal& refusal) {
    CheckRefused(Resize2d(context, x, resizing, y), refusal);
    CHECK(out == before);
  };
  Resizing r;
  r.scale_h = -1.0f;
  invalid(r, {StatusCode::kInvalidValue, "resizing.scale_h", BitsOfDouble(-1), 0,
              "resizing.scale_h is -1, expected at least 0 = 0"});
  r = Resizing();
  r.scale_w = std::numeric_limits<float>::infinity();
  invalid(r, {StatusCode::kInvalidValue, "resizing.scale_w", BitsOfDouble(std::numeric_limits<double>::infinity()),
              BitsOfDouble(double{std::numeric_limits<float>::max()}),
              "resizing.scale_w is inf, expected at most the largest float = 3.402823466e+38"});
  r = Resizing();
  r.mode = static_cast<Mode>(3);
  invalid(r, InvalidInteger("resizing.mode", 3, "at most the last ResizeMode", 2));
  r.mode = Mode::kLinearAtOnce;
  invalid(r, InvalidInteger("resizing.mode", 2, "at most that of other types than f32", 1));
  r = Resizing();
  r.coordinates = static_cast<Coordinates>(5);
  invalid(r, InvalidInteger("resizing.coordinates", 5, "at most the last ResizeCoordinates", 4));
  r = Resizing();
  r.rounding = static_cast<Rounding>(4);
  invalid(r, InvalidInteger("resizing.rounding", 4, "at most the last NearestRounding", 3));
}

}  // namespace
}  // namespace isoquant
