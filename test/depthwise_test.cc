// Tests of depthwise convolutions: every tier, number of workers and output against the direct definition.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/images.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

Conv2dGeometry Depthwise(Conv2dGeometry g, size_t channels) {
  g.groups = channels;
  return g;
}

Conv2dGeometry RandomGeometry(Random& random) {
  Conv2dGeometry g;
  g.kernel_h = 1 + random.Below(7);
  g.kernel_w = 1 + random.Below(7);
  g.stride_h = 1 + random.Below(3);
  g.stride_w = 1 + random.Below(3);
  g.dilation_h = random.Below(2) == 0 ? 1 : 1 + random.Below(8);
  g.dilation_w = random.Below(2) == 0 ? 1 : 1 + random.Below(8);
  g.pad_top = random.Below(2 * g.kernel_h);
  g.pad_bottom = random.Below(g.kernel_h + 1);
  g.pad_left = random.Below(2 * g.kernel_w);
  g.pad_right = random.Below(g.kernel_w + 1);
  return g;
}

template <class A, class B>
Status Convolve(Context& context, const ConvolutionCase<A, B>& c, const ImageView<int32_t>& y) {
  const int32_t zero_point = c.zero_point();
  return Conv2d(context, c.x(), ZeroPoints{{&zero_point, 1}, c.filter_zeros()}, c.packed(), y);
}

template <class A, class B>
void CheckSums(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, size_t zeros, size_t gap,
               std::initializer_list<size_t> workers, Digest* digest = nullptr) {
  CAPTURE(shape.c);
  CAPTURE(geometry.kernel_h);
  CAPTURE(geometry.kernel_w);
  const auto at = gap % 2 == 0 ? Guarded<A>::At::kEnd : Guarded<A>::At::kBegin;
  const ConvolutionCase<A, B> c(random, shape, Depthwise(geometry, shape.c), shape.c, zeros, at);
  CHECK(c.packed().is_depthwise() == (shape.c > 1));
  OutputImage<int32_t> y(c.OutputShape(gap, gap, gap));
  c.Expect(y.expected());
  ForEachTierOn<ThreadExecutor>(workers, [&](Context& context, const ThreadExecutor&) {
    y.Clear();
    ISOQUANT_CHECK_OK(Convolve(context, c, y.view()));
    y.Check();
  });
  if (digest != nullptr) y.AddTo(*digest);
}

template <class A, class B>
void CheckRandom(uint64_t seed) {
  Random random(seed);
  for (size_t i = 0; i < 40; ++i) {
    const Conv2dGeometry g = RandomGeometry(random);
    const size_t n = 1 + random.Below(2), h = 1 + random.Below(14), w = 1 + random.Below(20);
    const size_t c = 1 + random.Below(i % 2 == 0 ? 20 : 130), gap = random.Below(3);
    const size_t zeros = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : c;
    if (i % 4 == 0) {
      CheckSums<A, B>(random, {n, h, w, c, gap, 2 * gap, gap}, g, zeros, i % 3, {1, 2, 3, 8});
    } else {
      CheckSums<A, B>(random, {n, h, w, c, gap, 2 * gap, gap}, g, zeros, i % 3, {1});
    }
  }
}

TEST_CASE("Depthwise: random geometries, s8 x s8") { CheckRandom<int8_t, int8_t>(71); }
TEST_CASE("Depthwise: random geometries, u8 x s8") { CheckRandom<uint8_t, int8_t>(72); }
TEST_CASE("Depthwise: random geometries, s8 x u8") { CheckRandom<int8_t, uint8_t>(73); }
TEST_CASE("Depthwise: random geometries, u8 x u8") { CheckRandom<uint8_t, uint8_t>(74); }

TEST_CASE("Depthwise: numbers of channels, and rows longer than a tile") {
  Random random(75);
  for (size_t c = 2; c <= 150; c += c < 20 ? 1 : 7) {
    CheckSums<uint8_t, int8_t>(random, {1, 3, 4, c}, {2, 2}, 0, c % 2, {1});
    CheckSums<int8_t, uint8_t>(random, {1, 2, 35, c}, {1, 3}, c, 0, {1});
  }
}

// Rows of windows share words, if kernels leave rows of them over: two of 3, 7 and 5 rows, four of 1 and 5 rows. Groups
// of them may be cut by the end of the image, of a band of rows, or of a worker's part.
TEST_CASE("Depthwise: rows of windows that share words") {
  Random random(81);
  const auto check = [&](size_t kernel, size_t stride, const ImageShape& shape, std::initializer_list<size_t> workers) {
    Conv2dGeometry g{kernel, kernel, stride, 1};
    g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = kernel / 2;
    CheckSums<uint8_t, int8_t>(random, shape, g, 0, 0, workers);
    CheckSums<int8_t, uint8_t>(random, shape, g, shape.c, 1, workers);
  };
  for (size_t kernel = 1; kernel <= 7; kernel += 2) {
    for (size_t h = 3; h <= 6; ++h) check(kernel, 1 + h % 2, {2, h, 9, 20}, {1, 3});
  }
  check(3, 1, {1, 29, 68, 66}, {1, 2});  // bands of rows, and rows of three tiles
  // Rows of y that are apart, so that groups of them are not next to one another.
  CheckSums<uint8_t, int8_t>(random, {1, 6, 5, 64}, {3, 3}, 0, 1, {1});
}

// Words of windows two columns apart are not stored, if the channels fill four vectors.
TEST_CASE("Depthwise: every second column") {
  Random random(82);
  for (const size_t c : {size_t{16}, size_t{32}, size_t{64}, size_t{128}, size_t{160}}) {
    for (size_t kernel_h = 1; kernel_h <= 4; ++kernel_h) {
      Conv2dGeometry g{kernel_h, 3, 1 + kernel_h % 2, 2};
      g.pad_top = g.pad_bottom = kernel_h / 2;
      g.pad_left = c % 3;
      g.dilation_w = c == 128 ? 2 : 1;  // whose words are stored
      g.pad_right = kernel_h % 3;
      CheckSums<uint8_t, int8_t>(random, {1, 5, 7 + kernel_h, c}, g, 0, kernel_h % 2, {1});
      CheckSums<int8_t, int8_t>(random, {1, 4, 6 + kernel_h, c}, g, 0, 0, {1});
    }
  }
}

TEST_CASE("Depthwise: windows of padding alone, and nothing to do") {
  Random random(76);
  Conv2dGeometry g{2, 3};
  g.pad_top = g.pad_left = 6;
  for (const ImageShape& shape :
       {ImageShape{1, 3, 2, 5}, ImageShape{2, 0, 4, 3}, ImageShape{1, 4, 0, 3}, ImageShape{0, 3, 3, 3}}) {
    CheckSums<uint8_t, int8_t>(random, shape, g, 0, 0, {1});
    CheckSums<int8_t, uint8_t>(random, shape, g, shape.c, 1, {1, 2});
  }
  CheckSums<uint8_t, int8_t>(random, {2, 1, 1, 4}, {3, 3}, 0, 0, {1});
}

// Weights less such zero points have no 16 bits; with stride 3, a row of windows is wider than what is made at once.
TEST_CASE("Depthwise: zero points of any size, and wide strides") {
  Random random(80);
  constexpr size_t kC = 37;
  const std::vector<int32_t> some = {0, 128, -32000, 32000, 32001, -32001, INT32_MIN, INT32_MAX, -1};
  const auto check = [&](auto a, auto b, size_t stride, size_t count) {
    using A = decltype(a);
    using B = decltype(b);
    Conv2dGeometry g = Depthwise({3, 3, 1, stride}, kC);
    g.pad_top = g.pad_left = g.pad_right = 1;
    const GuardedImage<A> x({1, 4, 38 * stride, kC});
    FillIntegers(random, x.buffer().data(), x.buffer().size());
    std::vector<B> filter(kC * 9);
    FillIntegers(random, filter.data(), filter.size());
    Context any;
    PackedFilter packed;
    ISOQUANT_CHECK_OK(PackedFilter::Pack(any, Ohwi{{filter.data(), kC, 9}}, g, 1, packed));
    for (size_t first = 0; first < some.size(); ++first) {
      std::vector<int32_t> zeros(count);
      for (size_t i = 0; i < count; ++i) zeros[i] = some[(first + (i % 11 == 3 ? 1 : 0)) % some.size()];
      const int32_t zero_point = static_cast<A>(random());
      OutputImage<int32_t> y({1, 3, 38, kC});
      ReferenceConv2d(x.const_view(), zero_point, filter, {zeros.data(), count}, g, y.expected());
      ForEachTier([&](Context& context) {
        y.Clear();
        ISOQUANT_CHECK_OK(
            Conv2d(context, x.const_view(), ZeroPoints{{&zero_point, 1}, {zeros.data(), count}}, packed, y.view()));
        y.Check();
      });
    }
  };
  check(int8_t(), int8_t(), 1, kC);
  check(uint8_t(), int8_t(), 3, 1);
  check(int8_t(), uint8_t(), 2, 1);
  check(uint8_t(), uint8_t(), 1, kC);
  // Kernels of more rows than words serve, and tall ones whose windows are far apart.
  CheckSums<uint8_t, int8_t>(random, {1, 12, 9, 21}, {9, 2}, 0, 0, {1});
  CheckSums<int8_t, uint8_t>(random, {1, 12, 9, 5}, {11, 3}, 5, 1, {1});
  CheckSums<uint8_t, int8_t>(random, {1, 9, 120, 70}, {7, 3, 1, 3}, 0, 0, {1});
  CheckSums<int8_t, uint8_t>(random, {1, 9, 120, 70}, {7, 3, 1, 3}, 1, 0, {1});
}

// The rules of outputs take sums that are corrected already.
template <class A, class B>
void CheckOutputs(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, size_t zeros) {
  const ConvolutionCase<A, B> c(random, shape, Depthwise(geometry, shape.c), shape.c, zeros);
  OutputImage<int32_t> sums(c.OutputShape());
  c.Expect(sums.expected());
  const ImageView<int32_t> t = sums.expected();
  const MatrixView<const int32_t> pixels(t.data, t.n * t.h * t.w, t.c);
  const int32_t zero_point = c.zero_point();
  std::vector<float> scales(shape.c), bias(shape.c);
  std::vector<int32_t> integer_bias(shape.c), multipliers(shape.c);
  const int8_t shift = -7;
  for (float& scale : scales) scale = random.Signed() * 0.01f;
  for (float& value : bias) value = random.Signed();
  for (int32_t& value : integer_bias) value = static_cast<int32_t>(random.Below(4000)) - 2000;
  for (int32_t& value : multipliers) value = static_cast<int32_t>(random.Below(1u << 31));

  Requantization r;
  r.scales = {scales.data(), shape.c};
  r.bias = {integer_bias.data(), shape.c};
  r.a_zero_points = {&zero_point, 1};
  r.b_zero_points = c.filter_zeros();
  r.zero_point = 5;
  FixedPointRequantization fixed;
  fixed.multipliers = {multipliers.data(), shape.c};
  fixed.shifts = {&shift, 1};
  fixed.bias = r.bias;
  fixed.a_zero_points = r.a_zero_points;
  fixed.b_zero_points = r.b_zero_points;
  FixedPointRequantization of_sums = fixed;
  of_sums.a_zero_points = of_sums.b_zero_points = {};
  Dequantization d;
  const float row_scale = 0.5f;
  d.row_scales = {&row_scale, 1};
  d.column_scales = r.scales;
  d.bias = {bias.data(), shape.c};
  d.row_zero_points = r.a_zero_points;
  d.column_zero_points = r.b_zero_points;

  OutputImage<uint8_t> u8(c.OutputShape());
  OutputImage<int8_t> s8(c.OutputShape());
  OutputImage<float> f32(c.OutputShape()), clamped(c.OutputShape());
  ReferenceRequantize(pixels, r, MatrixView<uint8_t>(u8.expected().data, pixels.rows, pixels.cols));
  Context any;
  ISOQUANT_CHECK_OK(Requantize(any, pixels, of_sums, MatrixView<int8_t>(s8.expected().data, pixels.rows, pixels.cols)));
  ReferenceDequantize(pixels, d, {f32.expected().data, pixels.rows, pixels.cols});
  std::vector<float> residual(pixels.rows * pixels.cols);
  for (size_t i = 0; i < residual.size(); ++i) {
    residual[i] = random.Signed();
    clamped.expected().data[i] = Rounded(residual[i] + Clamp(f32.expected().data[i], -0.5f, 2.0f));
  }
  Dequantization finish = d;
  finish.min = -0.5f;
  finish.max = 2.0f;
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), c.packed(), r, u8.view()));
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), c.packed(), fixed, s8.view()));
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), c.packed(), d, f32.view()));
    const ImageView<const float> added(residual.data(), t.n, t.h, t.w, t.c);
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), c.packed(), finish, added, clamped.view()));
    u8.Check();
    s8.Check();
    f32.Check();
    clamped.Check();
    u8.Clear();
    s8.Clear();
    f32.Clear();
    clamped.Clear();
  });
}

TEST_CASE("Depthwise: 8-bit integers and floats") {
  Random random(77);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
  for (const size_t c : {size_t{2}, size_t{21}, size_t{70}}) {
    CheckOutputs<uint8_t, int8_t>(random, {2, 5, 6, c}, g, 0);
    CheckOutputs<int8_t, uint8_t>(random, {1, 7, 19, c}, g, c);
    CheckOutputs<uint8_t, uint8_t>(random, {1, 7, 19, c}, g, 1);
  }
  g.stride_w = 2;
  CheckOutputs<int8_t, int8_t>(random, {1, 3, 9, 64}, g, 0);
}

TEST_CASE("Depthwise: blobs, and filters of all orders") {
  Random random(78);
  constexpr size_t kC = 37;
  const Conv2dGeometry g = Depthwise({3, 2}, kC);
  std::vector<int8_t> ohwi(kC * 6), hwio(kC * 6);
  FillIntegers(random, ohwi.data(), ohwi.size());
  for (size_t c = 0; c < kC; ++c) {
    for (size_t k = 0; k < 6; ++k) hwio[k * kC + c] = ohwi[c * 6 + k];
  }
  Context context;
  PackedFilter first, second, third, loaded;
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{ohwi.data(), kC, 6}}, g, 1, first));
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Oihw{{ohwi.data(), kC, 6}}, g, 1, second));
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Hwio{{hwio.data(), 6, kC}}, g, 1, third));
  const auto blob = [](const PackedFilter& filter) {
    std::vector<uint8_t> bytes(filter.SerializedBytes());
    ISOQUANT_CHECK_OK(filter.Serialize({bytes.data(), bytes.size()}));
    return bytes;
  };
  const std::vector<uint8_t> bytes = blob(first);
  CHECK(blob(second) == bytes);
  CHECK(blob(third) == bytes);
  ISOQUANT_CHECK_OK(PackedFilter::Load({bytes.data(), bytes.size()}, loaded));
  ISOQUANT_CHECK_OK(loaded.Verify());
  CHECK(loaded.is_depthwise());
  CHECK(loaded.weights().n() == kC);
}

TEST_CASE("Depthwise: golden digests, any number of workers") {
  Random random(79);
  Conv2dGeometry g{3, 3, 2, 1, 1, 2};
  g.pad_top = g.pad_left = g.pad_right = 2;
  const auto check = [&](const std::string& name, auto a, auto b) {
    Digest digest;
    CheckSums<decltype(a), decltype(b)>(random, {2, 21, 23, 75}, g, 75, 0, {1, 2, 3, 8}, &digest);
    CheckSums<decltype(a), decltype(b)>(random, {1, 9, 9, 6}, {5, 5}, 0, 1, {1, 2}, &digest);
    CheckGolden("depthwise/" + name, digest.value());
  };
  check("s8s8", int8_t(), int8_t());
  check("s8u8", int8_t(), uint8_t());
  check("u8s8", uint8_t(), int8_t());
  check("u8u8", uint8_t(), uint8_t());
}

}  // namespace
}  // namespace isoquant
