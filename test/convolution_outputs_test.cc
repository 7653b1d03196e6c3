// Tests of Conv2d to 8-bit integers and floats: the sums of the direct definition, and the rules of outputs that MatMul
// has too.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
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

// A case with what belongs to its output channels.
template <class A, class B>
class Outputs {
 public:
  Outputs(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, size_t outputs, size_t zeros)
      : c_(random, shape, geometry, outputs, zeros),
        zero_point_(c_.zero_point()),
        scales_(outputs),
        bias_(outputs),
        integer_bias_(outputs),
        multipliers_(outputs),
        shifts_(outputs),
        sums_(c_.OutputShape()) {
    const float size = static_cast<float>(geometry.kernel_h * geometry.kernel_w * shape.c + 1);
    for (float& scale : scales_) scale = random.Signed() * 0.02f / size;
    for (float& value : bias_) value = random.Signed() * 8.0f;
    for (int32_t& value : integer_bias_) value = static_cast<int32_t>(random.Below(60000)) - 30000;
    for (int32_t& value : multipliers_) value = static_cast<int32_t>(random.Below(1u << 31));
    for (int8_t& value : shifts_) value = static_cast<int8_t>(static_cast<int>(random.Below(6)) - 12);
    c_.Expect(sums_.expected());
  }

  const ConvolutionCase<A, B>& convolution() const { return c_; }
  const ImageView<const A> x() const { return c_.x(); }
  const PackedFilter& filter() const { return c_.packed(); }

  Requantization requantization() const {
    Requantization r;
    r.scales = {scales_.data(), scales_.size()};
    Share(r);
    return r;
  }
  FixedPointRequantization fixed_point() const {
    FixedPointRequantization r;
    r.multipliers = {multipliers_.data(), multipliers_.size()};
    r.shifts = {shifts_.data(), shifts_.size()};
    Share(r);
    return r;
  }
  Dequantization dequantization() const {
    Dequantization d;
    d.row_scales = {&row_scale_, 1};
    d.column_scales = {scales_.data(), scales_.size()};
    d.bias = {bias_.data(), bias_.size()};
    d.row_zero_points = {&zero_point_, zero_point_ == 0 ? size_t{0} : size_t{1}};
    d.column_zero_points = c_.filter_zeros();
    d.activation = Activation::kRelu;
    d.max = 6.0f;
    return d;
  }
  // The sums as a matrix of pixels.
  MatrixView<const int32_t> sums() {
    const ImageView<int32_t> y = sums_.expected();
    return {y.data, y.n * y.h * y.w, y.c};
  }

 private:
  template <class R>
  void Share(R& r) const {
    r.bias = {integer_bias_.data(), integer_bias_.size()};
    r.a_zero_points = {&zero_point_, 1};
    r.b_zero_points = c_.filter_zeros();
    r.zero_point = 3;
    r.min = 1;
  }

  const ConvolutionCase<A, B> c_;
  const int32_t zero_point_;
  const float row_scale_ = 0.75f;
  std::vector<float> scales_, bias_;
  std::vector<int32_t> integer_bias_, multipliers_;
  std::vector<int8_t> shifts_;
  OutputImage<int32_t> sums_;
};

// What rules make of the sums: a matrix of pixels.
template <class Q>
void Expect(const MatrixView<const int32_t>& sums, const Requantization& r, const MatrixView<Q>& c) {
  ReferenceRequantize(sums, r, c);
}
template <class Q>
void Expect(const MatrixView<const int32_t>& sums, const FixedPointRequantization& r, const MatrixView<Q>& c) {
  FixedPointRequantization without = r;  // of sums that are corrected
  without.a_zero_points = without.b_zero_points = {};
  Context context;
  ISOQUANT_CHECK_OK(Requantize(context, sums, without, c));
}
template <class Y>
void Expect(const MatrixView<const int32_t>& sums, const Dequantization& d, const MatrixView<Y>& c) {
  std::vector<float> f32(c.rows * c.cols);
  ReferenceDequantize(sums, d, {f32.data(), c.rows, c.cols});
  for (size_t i = 0; i < f32.size(); ++i) {
    const StorageOf<Y> value = ReferenceFromF32<Y>(Clamp(f32[i], d.min, d.max));
    std::memcpy(&c.Row(i / c.cols)[i % c.cols], &value, sizeof(value));
  }
}

template <class T>
void CopyPixels(const MatrixView<T>& from, const ImageView<T>& to) {
  for (size_t i = 0; i < from.rows; ++i) {
    std::memcpy(to.Pixel(i / to.w / to.h, i / to.w % to.h, i % to.w), from.Row(i), from.cols * sizeof(T));
  }
}

// All outputs, on every tier, with gaps in y and without.
template <class Y, class A, class B, class Rule>
void Check(Outputs<A, B>& outputs, const Rule& rule, size_t workers, Digest* digest = nullptr) {
  const MatrixView<const int32_t> sums = outputs.sums();
  std::vector<Y> expected(sums.rows * sums.cols);
  const MatrixView<Y> pixels(expected.data(), sums.rows, sums.cols);
  Expect(sums, rule, pixels);
  for (const size_t gap : {size_t{0}, size_t{3}}) {
    OutputImage<Y> y(outputs.convolution().OutputShape(gap % 2, gap));
    CopyPixels(pixels, y.expected());
    ForEachTier([&](Context& tier) {
      ThreadExecutor executor(workers);
      Context context(executor);
      ISOQUANT_CHECK_OK(context.SetMaxTier(tier.tier()));
      y.Clear();
      ISOQUANT_CHECK_OK(Conv2d(context, outputs.x(), outputs.filter(), rule, y.view()));
      y.Check();
    });
    if (digest != nullptr && gap == 0) y.AddTo(*digest);
  }
}

template <class A, class B>
void CheckAll(Random& random, const ImageShape& shape, const Conv2dGeometry& g, size_t outputs, size_t zeros,
              size_t workers, Digest* digest = nullptr) {
  Outputs<A, B> all(random, shape, g, outputs, zeros);
  Check<int8_t>(all, all.requantization(), workers, digest);
  Check<uint8_t>(all, all.requantization(), workers, digest);
  Check<int8_t>(all, all.fixed_point(), workers, digest);
  Check<uint8_t>(all, all.fixed_point(), workers, digest);
  Check<float>(all, all.dequantization(), workers, digest);
  Check<BFloat16>(all, all.dequantization(), workers, digest);
  Check<Float16>(all, all.dequantization(), workers, digest);
}

TEST_CASE_TEMPLATE("Conv2d outputs: random geometries", A, int8_t, uint8_t) {
  Random random(31);
  for (size_t i = 0; i < 12; ++i) {
    ImageShape shape{};
    size_t outputs = 0;
    const Conv2dGeometry g = RandomConvolution(random, 20000, shape, outputs);
    CAPTURE(i);
    const size_t zeros = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : outputs;
    CheckAll<A, int8_t>(random, shape, g, outputs, zeros, 1 + i % 3);
    CheckAll<A, uint8_t>(random, shape, g, outputs, zeros, 1 + i % 3);
  }
}

// Tiles of windows at the edges, of 64 columns and of the rest.
TEST_CASE_TEMPLATE("Conv2d outputs: windows that see padding", A, int8_t, uint8_t) {
  Random random(36);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
  CheckAll<A, int8_t>(random, {2, 13, 9, 8}, g, 70, 0, 1);
  g.dilation_w = 5;
  g.pad_left = g.pad_right = 5;
  CheckAll<A, int8_t>(random, {1, 9, 15, 4}, g, 64, 1, 2);
}

// Few outputs are multiplied along K; many tiles of short K; outputs that end within 16.
TEST_CASE_TEMPLATE("Conv2d outputs: one to four channels, short K, parts of 16 channels", A, int8_t, uint8_t) {
  Random random(37);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
  for (const size_t outputs : {size_t{1}, size_t{2}, size_t{3}, size_t{4}}) {
    CheckAll<A, int8_t>(random, {1, 12, 9, 20 + 4 * outputs}, g, outputs, 0, 1);
    CheckAll<A, int8_t>(random, {1, 8, 17, 40, 3}, {}, outputs, 0, 2);
  }
  CheckAll<A, int8_t>(random, {1, 13, 10, 3}, g, 100, 0, 1);
  for (const size_t outputs : {size_t{24}, size_t{40}, size_t{55}}) {
    CheckAll<A, int8_t>(random, {1, 6, 11, 32}, g, outputs, 0, 1);
  }
}

TEST_CASE("Conv2d outputs: one scale for all channels of several groups, and no vectors") {
  Random random(32);
  Conv2dGeometry g{3, 3};
  g.groups = 3;
  g.pad_left = g.pad_bottom = 2;
  Outputs<uint8_t, int8_t> all(random, {2, 6, 5, 6}, g, 9, 1);
  Requantization r = all.requantization();
  r.scales.size = 1;
  r.bias = {};
  Check<int8_t>(all, r, 1);
  FixedPointRequantization fixed = all.fixed_point();
  fixed.multipliers.size = fixed.shifts.size = 1;
  fixed.bias = {};
  Check<uint8_t>(all, fixed, 2);
  Dequantization d = all.dequantization();
  d.column_scales.size = 1;
  d.bias = {};
  d.activation = Activation::kNone;
  d.max = std::numeric_limits<float>::infinity();
  Check<float>(all, d, 1);
}

// With a residual: none of its own strides, others, and y itself.
template <class A, class Y>
void CheckResidual(Random& random, const Conv2dGeometry& g) {
  Outputs<A, int8_t> all(random, {2, 6, 7, 4}, g, 6, 6);
  const MatrixView<const int32_t> sums = all.sums();
  const Dequantization d = all.dequantization();
  std::vector<float> f32(sums.rows * sums.cols);
  ReferenceDequantize(sums, d, {f32.data(), sums.rows, sums.cols});
  for (const size_t gap : {size_t{0}, size_t{2}}) {
    const ImageShape dense = all.convolution().OutputShape(), gaps = all.convolution().OutputShape(gap, gap, gap);
    const GuardedImage<Y> residual(gaps);
    std::vector<Y> expected(f32.size());
    for (size_t i = 0; i < f32.size(); ++i) {
      const StorageOf<Y> added = ReferenceFromF32<Y>(random.Signed() * 4.0f);
      const size_t pixel = i / dense.c;
      Y* const at = residual.view().Pixel(pixel / dense.w / dense.h, pixel / dense.w % dense.h, pixel % dense.w);
      std::memcpy(at + i % dense.c, &added, sizeof(added));
      const StorageOf<Y> sum = ReferenceFromF32<Y>(Rounded(ReferenceToF32<Y>(added) + Clamp(f32[i], d.min, d.max)));
      std::memcpy(&expected[i], &sum, sizeof(sum));
    }
    for (const ImageShape& shape : {dense, all.convolution().OutputShape(0, 1)}) {
      OutputImage<Y> y(shape);
      CopyPixels(MatrixView<Y>(expected.data(), sums.rows, sums.cols), y.expected());
      ForEachTier([&](Context& context) {
        y.Clear();
        ISOQUANT_CHECK_OK(Conv2d(context, all.x(), all.filter(), d, residual.const_view(), y.view()));
        y.Check();
      });
    }
    OutputImage<Y> in_place(gaps);
    CopyPixels(MatrixView<Y>(expected.data(), sums.rows, sums.cols), in_place.expected());
    ForEachTier([&](Context& context) {
      in_place.Clear();
      const ImageView<Y> y = in_place.view();
      for (size_t i = 0; i < sums.rows; ++i) {
        const size_t image = i / dense.w / dense.h, line = i / dense.w % dense.h, column = i % dense.w;
        std::memcpy(y.Pixel(image, line, column), residual.view().Pixel(image, line, column), dense.c * sizeof(Y));
      }
      ISOQUANT_CHECK_OK(Conv2d(context, all.x(), all.filter(), d, ImageView<const Y>(y), y));
      in_place.Check();
    });
  }
}

TEST_CASE("Conv2d outputs: residuals") {
  Random random(33);
  Conv2dGeometry g{3, 3};
  g.groups = 2;
  CheckResidual<int8_t, float>(random, g);
  CheckResidual<uint8_t, BFloat16>(random, g);
  CheckResidual<int8_t, Float16>(random, {});
  CheckResidual<uint8_t, float>(random, {});
}

TEST_CASE("Conv2d outputs: golden digests") {
  Random random(34);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
  const auto check = [&](const std::string& name, auto a, auto b) {
    Digest digest;
    CheckAll<decltype(a), decltype(b)>(random, {2, 7, 9, 20}, g, 19, 19, 2, &digest);
    CheckGolden("convolution/outputs/" + name, digest.value());
  };
  check("s8s8", int8_t(), int8_t());
  check("s8u8", int8_t(), uint8_t());
  check("u8s8", uint8_t(), int8_t());
  check("u8u8", uint8_t(), uint8_t());
}

TEST_CASE("Conv2d outputs: errors name the argument and write nothing") {
  Random random(35);
  Conv2dGeometry g{2, 2};
  g.groups = 2;
  Outputs<uint8_t, int8_t> all(random, {1, 3, 4, 4}, g, 4, 0);
  std::vector<float> memory(2 * 3 * 4, 7.0f);
  const std::vector<float> before = memory;
  const ImageView<float> f32(memory.data(), 1, 2, 3, 4);
  const ImageView<uint8_t> u8(reinterpret_cast<uint8_t*>(memory.data()), 1, 2, 3, 4);
  const std::vector<int32_t> zeros(8);
  const int32_t large = 256;
  Context context;
  const auto requantized = [&](const auto& change, const Refusal& refusal) {
    Requantization r = all.requantization();
    change(r);
    CheckRefused(Conv2d(context, all.x(), all.filter(), r, u8), refusal);
    CHECK(memory == before);
  };
  using R = Requantization;
  const std::string outputs = "filter.out_channels()";
  const int32_t* const in_y = reinterpret_cast<const int32_t*>(memory.data());
  requantized([](R& r) { r.scales.size = 3; }, Mismatch("requantization.scales.size", 3, outputs, 4));
  requantized([](R& r) { r.scales.data = nullptr; }, Null("requantization.scales", outputs, 4));
  requantized([](R& r) { r.bias.size = 1; }, Mismatch("requantization.bias.size", 1, outputs, 4));
  requantized([&](R& r) { r.bias = {in_y, 4}; }, Overlap("y", "requantization.bias"));
  requantized(
      [&](R& r) {
        r.a_zero_points = {zeros.data(), 6};
      },
      Mismatch("requantization.a_zero_points.size", 6, "1", 1));
  requantized(
      [&](R& r) {
        r.a_zero_points = {&large, 1};
      },
      InvalidInteger("requantization.a_zero_points", 256, "at most the largest value of x's type", 255));
  requantized([&](R& r) { r.a_zero_points = {in_y, 1}; }, Overlap("y", "requantization.a_zero_points"));
  requantized(
      [&](R& r) {
        r.b_zero_points = {zeros.data(), 2};
      },
      Mismatch("requantization.b_zero_points.size", 2, outputs, 4));
  requantized([](R& r) { r.zero_point = -1; },
              InvalidInteger("requantization.zero_point", -1, "at least the smallest value of y's type", 0));
  requantized([](R& r) { r.min = 256; },
              InvalidInteger("requantization.min", 256, "at most the largest value of y's type", 255));
  requantized(
      [](R& r) {
        r.max = -1;
        r.min = -2;
      },
      InvalidInteger("requantization.max", -1, "at least the smallest value of y's type", 0));
  FixedPointRequantization fixed = all.fixed_point();
  fixed.shifts.size = 2;
  CheckRefused(Conv2d(context, all.x(), all.filter(), fixed, u8),
               Mismatch("requantization.shifts.size", 2, outputs, 4));
  ImageView<uint8_t> wrong = u8;
  wrong.h = 3;
  CheckRefused(Conv2d(context, all.x(), all.filter(), all.requantization(), wrong),
               Mismatch("y.h", 3, "the height of Conv2dOutputSize", 2));

  const auto dequantized = [&](const auto& change, const Refusal& refusal) {
    Dequantization d = all.dequantization();
    change(d);
    CheckRefused(Conv2d(context, all.x(), all.filter(), d, f32), refusal);
    CHECK(memory == before);
  };
  using D = Dequantization;
  dequantized([](D& d) { d.row_scales.size = 6; }, Mismatch("dequantization.row_scales.size", 6, "1", 1));
  dequantized([](D& d) { d.column_scales.size = 2; }, Mismatch("dequantization.column_scales.size", 2, outputs, 4));
  dequantized([&](D& d) { d.column_scales = {memory.data(), 4}; }, Overlap("y", "dequantization.column_scales"));
  dequantized(
      [&](D& d) {
        d.row_zero_points = {&large, 1};
      },
      InvalidInteger("dequantization.row_zero_points", 256, "at most the largest value of x's type", 255));
  dequantized(
      [&](D& d) {
        d.row_zero_points = {zeros.data(), 2};
      },
      Mismatch("dequantization.row_zero_points.size", 2, "1", 1));
  dequantized(
      [&](D& d) {
        d.column_zero_points = {zeros.data(), 5};
      },
      Mismatch("dequantization.column_zero_points.size", 5, outputs, 4));

  const auto added = [&](const ImageView<const float>& residual, const Refusal& refusal) {
    CheckRefused(Conv2d(context, all.x(), all.filter(), all.dequantization(), residual, f32), refusal);
    CHECK(memory == before);
  };
  const std::vector<float> other(64);
  added({other.data(), 2, 2, 3, 4}, Mismatch("residual.n", 2, "y.n", 1));
  added({other.data(), 1, 3, 3, 4}, Mismatch("residual.h", 3, "y.h", 2));
  added({other.data(), 1, 2, 4, 4}, Mismatch("residual.w", 4, "y.w", 3));
  added({other.data(), 1, 2, 3, 5}, Mismatch("residual.c", 5, "y.c", 4));
  added({nullptr, 1, 2, 3, 4}, Null("residual", "residual.n * residual.h * residual.w * residual.c", 24));
  added({memory.data() + 1, 1, 2, 3, 4}, Overlap("y", "residual"));
  added({memory.data(), 1, 2, 3, 4, 3, 12, 24}, Overlap("y", "residual"));
}

}  // namespace
}  // namespace isoquant
