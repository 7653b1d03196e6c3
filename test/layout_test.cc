// Tests of NchwToNhwc and NhwcToNchw: every element in its place, on every tier.
#include "isoquant/layout.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/images.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

// An image of planes is one of rows of planes: c in place of h, h of w, and w of c.
template <class T>
PlanarView<T> Planes(const ImageView<T>& v) {
  return {v.data, v.n, v.h, v.w, v.c, v.pixel_stride, v.row_stride, v.image_stride};
}

struct LayoutShape {
  size_t n, c, h, w, gap = 0;
  // Between rows of pixels, and behind rows of planes.
  size_t row_gap = 0, plane_row_gap = 0;

  ImageShape Pixels() const { return {n, h, w, c, gap, gap + row_gap, gap}; }
  ImageShape PlanesAsImage() const { return {n, c, h, w, gap + plane_row_gap, gap, gap}; }
};

// Calls f(pixel, element of a plane), both in memory.
template <class T, class F>
void ForEachElement(const ImageView<T>& pixels, const ImageView<T>& planes, const F& f) {
  for (size_t b = 0; b < pixels.n; ++b) {
    for (size_t v = 0; v < pixels.h; ++v) {
      for (size_t u = 0; u < pixels.w; ++u) {
        for (size_t i = 0; i < pixels.c; ++i) f(pixels.Pixel(b, v, u)[i], planes.Pixel(b, i, v)[u]);
      }
    }
  }
}

template <class T>
void Fill(Random& random, const Guarded<T>& data) {
  for (T& value : data) {
    const uint32_t bits = static_cast<uint32_t>(random());  // NaN of any kind, too
    std::memcpy(&value, &bits, sizeof(T));
  }
}

template <class T>
void CheckBoth(Random& random, const LayoutShape& s, std::initializer_list<size_t> workers, Digest* digest = nullptr) {
  CAPTURE(s.c);
  CAPTURE(s.h);
  CAPTURE(s.w);
  CAPTURE(s.gap);
  const GuardedImage<T> pixels(s.Pixels()), planes(s.PlanesAsImage());
  Fill(random, pixels.buffer());
  Fill(random, planes.buffer());
  OutputImage<T> to_pixels(s.Pixels()), to_planes(s.PlanesAsImage());
  const auto copy = [](T& to, const T& from) { std::memcpy(&to, &from, sizeof(T)); };
  ForEachElement(to_pixels.expected(), planes.view(), copy);
  ForEachElement(pixels.view(), to_planes.expected(), [&](const T& from, T& to) { copy(to, from); });
  ForEachTierOn<ThreadExecutor>(workers, [&](Context& context, const ThreadExecutor&) {
    to_pixels.Clear();
    to_planes.Clear();
    ISOQUANT_CHECK_OK(NchwToNhwc(context, Planes(planes.const_view()), to_pixels.view()));
    ISOQUANT_CHECK_OK(NhwcToNchw(context, pixels.const_view(), Planes(to_planes.view())));
    to_pixels.Check();
    to_planes.Check();
  });
  if (digest == nullptr) return;
  to_pixels.AddTo(*digest);
  to_planes.AddTo(*digest);
}

TEST_CASE_TEMPLATE("Layout: channels and pixels around the blocks", T, int8_t, uint8_t, float) {
  Random random(61);
  for (size_t c = 1; c <= 35; c += 1 + c / 6) {
    for (size_t w = 1; w <= 70; w += 1 + w / 4) CheckBoth<T>(random, {1, c, 2, w, (c + w) % 3}, {1});
  }
  for (size_t i = 0; i < 20; ++i) {
    const size_t n = 1 + random.Below(3), c = 1 + random.Below(130), h = 1 + random.Below(12);
    const size_t w = 1 + random.Below(40), gap = random.Below(3);
    CheckBoth<T>(random, {n, c, h, w, gap}, {1, 3});
  }
  // Rows without gaps on one side alone.
  CheckBoth<T>(random, {2, 17, 5, 21, 0, 3, 0}, {1, 3});
  CheckBoth<T>(random, {2, 17, 5, 21, 0, 0, 3}, {1, 3});
  for (const LayoutShape& s : {LayoutShape{0, 2, 3, 4}, LayoutShape{2, 0, 3, 4}, LayoutShape{2, 3, 0, 4},
                               LayoutShape{2, 3, 4, 0}, LayoutShape{1, 3, 1, 1}, LayoutShape{1, 17, 33, 1}}) {
    CheckBoth<T>(random, s, {1, 2});
  }
}

TEST_CASE_TEMPLATE("Layout: golden digests, any number of workers", T, int8_t, uint8_t, float) {
  Random random(62);
  Digest digest;
  CheckBoth<T>(random, {2, 67, 41, 29}, {1, 2, 3, 8}, &digest);
  CheckBoth<T>(random, {2, 5, 21, 45, 3}, {1, 2, 3, 8}, &digest);
  const std::string name = std::is_same<T, int8_t>::value ? "s8" : std::is_same<T, uint8_t>::value ? "u8" : "f32";
  CheckGolden("layout/" + name, digest.value());
}

TEST_CASE("Layout: errors name the argument and write nothing") {
  Context context;
  std::vector<uint8_t> in(120), out(120, 7);
  const std::vector<uint8_t> before = out;
  using P = PlanarView<uint8_t>;
  using I = ImageView<uint8_t>;
  const P planes(in.data(), 2, 3, 4, 5), planes_out(out.data(), 2, 3, 4, 5);
  const I pixels(in.data(), 2, 4, 5, 3), pixels_out(out.data(), 2, 4, 5, 3);
  const auto to_pixels = [&](const PlanarView<const uint8_t>& x, const I& y, const Refusal& refusal) {
    CheckRefused(NchwToNhwc(context, x, y), refusal);
    CHECK(out == before);
  };
  const auto to_planes = [&](const ImageView<const uint8_t>& x, const P& y, const Refusal& refusal) {
    CheckRefused(NhwcToNchw(context, x, y), refusal);
    CHECK(out == before);
  };
  to_pixels(planes, {out.data(), 1, 4, 5, 3}, Mismatch("y.n", 1, "x.n", 2));
  to_pixels(planes, {out.data(), 2, 5, 5, 3}, Mismatch("y.h", 5, "x.h", 4));
  to_pixels(planes, {out.data(), 2, 4, 6, 3}, Mismatch("y.w", 6, "x.w", 5));
  to_pixels(planes, {out.data(), 2, 4, 5, 2}, Mismatch("y.c", 2, "x.c", 3));
  to_planes(pixels, {out.data(), 2, 2, 4, 5}, Mismatch("y.c", 2, "x.c", 3));
  to_pixels({nullptr, 2, 3, 4, 5}, pixels_out, Null("x", "x.n * x.c * x.h * x.w", 120));
  to_planes(pixels, {nullptr, 2, 3, 4, 5}, Null("y", "y.n * y.c * y.h * y.w", 120));
  to_pixels(planes_out, pixels_out, Overlap("y", "x"));
  to_planes(pixels_out, planes_out, Overlap("y", "x"));
  const auto small = [](const std::string& name, uint64_t actual, const std::string& expected_name, uint64_t expected) {
    return Refusal{StatusCode::kTooSmall, name, actual, expected,
                   name + " is " + std::to_string(actual) + ", expected at least " + expected_name + " = " +
                       std::to_string(expected)};
  };
  to_planes(pixels, {out.data(), 2, 3, 4, 5, 4, 20, 60}, small("y.row_stride", 4, "y.w", 5));
  to_planes(pixels, {out.data(), 2, 3, 4, 5, 5, 19, 60}, small("y.plane_stride", 19, "what a plane takes", 20));
  to_planes(pixels, {out.data(), 2, 3, 4, 5, 5, 20, 59}, small("y.image_stride", 59, "what an image takes", 60));
  // Channels of one image, from planes that lie between them: nothing is shared.
  std::vector<uint8_t> shared(60, 9);
  ISOQUANT_CHECK_OK(NchwToNhwc(context, PlanarView<const uint8_t>(shared.data() + 40, 1, 2, 2, 5),
                               I(shared.data(), 1, 2, 5, 2, 4, 20, 0)));
  CHECK(shared[40] == 9);
}

}  // namespace
}  // namespace isoquant
