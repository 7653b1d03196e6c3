// Tests of MatMul to f32: the bytes of the scalar definition, on every tier, and of Linear on rows quantised before.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "isoquant/dequantize.h"
#include "isoquant/linear.h"
#include "isoquant/quantize.h"
#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

// Bits of an option: one scale for all rows, one for all columns, bias, ReLU, special floats; zero points: none, one,
// each.
constexpr size_t kNumOptions = 32 * 3;

template <class A>
class Case final : public ProductCase<A, float> {
 public:
  Case(const Shape& shape, size_t option, uint64_t seed)
      : ProductCase<A, float>(shape, seed),
        row_scales_((option & 1) != 0 ? 1 : shape.m),
        column_scales_((option & 2) != 0 ? 1 : shape.n),
        bias_((option & 4) != 0 ? shape.n : 0),
        zero_points_(option / 32 == 0   ? 0
                     : option / 32 == 1 ? 1
                                        : shape.m) {
    Random& random = this->random_;
    const bool special = (option & 16) != 0;
    // Special: one vector of them at a time, so that each finds the others harmless.
    Fill(random, special && seed % 3 == 0, 0x1p-7f, row_scales_);
    Fill(random, special && seed % 3 == 1, 0x1p-7f, column_scales_);
    Fill(random, special && seed % 3 == 2, 8.0f, bias_);
    // Products that overflow by themselves, at the limit of what is known to be no NaN.
    if (special && seed % 2 == 0) {
      for (float& scale : row_scales_) scale = random.Below(2) == 0 ? 0x1p96f : 0x1.8p96f;
      for (float& scale : column_scales_) scale = random.Below(2) == 0 ? 0.0f : std::numeric_limits<float>::max();
    }
    for (int32_t& zero_point : zero_points_) zero_point = static_cast<int32_t>(random.Below(256));
    d.row_scales = {row_scales_.data(), row_scales_.size()};
    d.row_zero_points = {zero_points_.data(), zero_points_.size()};
    d.column_scales = {column_scales_.data(), column_scales_.size()};
    d.bias = {bias_.data(), bias_.size()};
    d.activation = (option & 8) != 0 ? Activation::kRelu : Activation::kNone;
    const std::vector<int32_t> sums = this->Sums(d.row_zero_points);
    ReferenceDequantize(MatrixView<const int32_t>(sums.data(), shape.m, shape.n), d, this->expected());
  }

  Dequantization d;

 private:
  Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
              const MatrixView<float>& c) const override {
    return MatMul(context, a, b, d, c);
  }
  static void Fill(Random& random, bool special, float scale, const Guarded<float>& values) {
    for (float& value : values) value = random.Signed() * scale;
    for (size_t i = 0; special && i < values.size(); ++i) {
      if (random.Below(3) == 0) values[i] = SpecialFloat(random);
    }
  }

  const Guarded<float> row_scales_, column_scales_, bias_;
  const Guarded<int32_t> zero_points_;
};

template <class A>
void CheckCase(const Shape& shape, size_t option, uint64_t seed) {
  Case<A> c(shape, option, seed);
  INFO(shape.m, " x ", shape.k, " x ", shape.n, " option ", option, " seed ", seed);
  c.CheckOnEveryTier();
}

TEST_CASE("Dequantization: shapes around the tiles, strides, all options") {
  constexpr size_t kRows[] = {1, 2, 5, 6, 7, 11, 12, 13, 25};
  constexpr size_t kCols[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 48, 65};
  constexpr size_t kDepths[] = {1, 3, 4, 17, 64, 129};
  uint64_t seed = 0;
  for (const size_t m : kRows) {
    for (const size_t n : kCols) {
      for (size_t i = 0; i < 4; ++i, ++seed) {
        const Shape shape{m, kDepths[seed % 6], n, seed % 3};
        CheckCase<int8_t>(shape, seed * 7 % kNumOptions, seed);
        CheckCase<uint8_t>(shape, seed * 7 % kNumOptions, seed + 1);
      }
    }
  }
}

TEST_CASE("Dequantization: many rows of columns that end within 16, and of one to four") {
  for (const Shape& shape : {Shape{26, 60, 24}, Shape{31, 32, 40, 1}, Shape{27, 100, 120}, Shape{29, 28, 49, 2},
                             Shape{130, 64, 3}, Shape{45, 100, 1, 2}, Shape{33, 2052, 4}, Shape{128, 16, 2}}) {
    for (size_t option = 0; option < kNumOptions; option += 3) {
      CheckCase<int8_t>(shape, option, option);
      CheckCase<uint8_t>(shape, option, option + 1);
    }
  }
}

TEST_CASE("Dequantization: nothing to do, nothing to add up, several chunks of K") {
  for (const Shape& shape : {Shape{0, 0, 0}, Shape{0, 5, 7}, Shape{3, 5, 0}, Shape{5, 0, 40}, Shape{30, 0, 33},
                             Shape{2, 5000, 40}, Shape{30, 9001, 35, 1}}) {
    for (size_t option = 0; option < kNumOptions; option += 7) {
      CheckCase<int8_t>(shape, option, option);
      CheckCase<uint8_t>(shape, option, option + 1);
    }
  }
}

TEST_CASE("Dequantization: plain weights, any number of workers, any float settings") {
  for (size_t option = 0; option < kNumOptions; option += 5) {
    Case<uint8_t> c({70, 130, 47, 3}, option, option);
    Case<int8_t> large({330, 300, 170}, option, option + 1);  // worth two tasks, with a matrix unit too
    ForEachTier([&](Context& tier) {
      c.RunPlain(tier);
      c.Check();
      ForEachFloatSettings([&](const auto& under_settings) {
        under_settings([&] { c.Run(tier); });
        c.Check();
      });
    });
    ForEachTierOn<UnusualExecutor>({5}, [&](Context& context, const UnusualExecutor& executor) {
      large.Run(context);
      large.Check();
      CHECK(executor.kept());
      CHECK(executor.most_tasks() >= 2);
    });
  }
}

TEST_CASE("Dequantization: Linear is QuantizeRows and MatMul to f32") {
  constexpr size_t m = 37, k = 130, n = 53;
  Random random(1);
  std::vector<float> x(m * k), column_scales(n), bias(n), scales(m), y(m * n), c(m * n);
  std::vector<int8_t> b(k * n), s8(m * k);
  std::vector<uint8_t> u8(m * k);
  std::vector<int32_t> zero_points(m);
  FillRows(random, MatrixView<float>(x.data(), m, k));
  FillIntegers(random, b.data(), b.size());
  for (float& value : column_scales) value = random.Signed();
  for (float& value : bias) value = random.Signed();
  const MatrixView<const float> x_view(x.data(), m, k);
  const MatrixView<float> y_view(y.data(), m, n), c_view(c.data(), m, n);
  ForEachTier([&](Context& context) {
    const PackedWeights packed = Packed(context, KxN{{b.data(), k, n}});
    LinearLayer layer;
    layer.weights = &packed;
    layer.column_scales = {column_scales.data(), n};
    layer.bias = {bias.data(), n};
    layer.activation = Activation::kRelu;
    Dequantization d{{scales.data(), m}, {}, {column_scales.data(), n}, {bias.data(), n}, Activation::kRelu};
    ISOQUANT_CHECK_OK(Linear(context, x_view, layer, y_view));
    ISOQUANT_CHECK_OK(QuantizeRows(context, x_view, {s8.data(), m, k}, {scales.data(), m}));
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(s8.data(), m, k), packed, d, c_view));
    CHECK(std::memcmp(y.data(), c.data(), y.size() * sizeof(float)) == 0);

    layer.quantization = RowQuantization::kAsymmetricU8;
    d.row_zero_points = {zero_points.data(), m};
    ISOQUANT_CHECK_OK(Linear(context, x_view, layer, y_view));
    ISOQUANT_CHECK_OK(QuantizeRows(context, x_view, {u8.data(), m, k}, {scales.data(), m}, {zero_points.data(), m}));
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const uint8_t>(u8.data(), m, k), packed, d, c_view));
    CHECK(std::memcmp(y.data(), c.data(), y.size() * sizeof(float)) == 0);
  });
}

TEST_CASE("Dequantization: errors name the argument and write nothing") {
  Case<uint8_t> c({3, 8, 5, 2}, 4 + 64, 1);
  float* out = c.c().data;
  const auto size = [](const char* vector, uint64_t actual, const char* name, uint64_t expected) {
    return Mismatch(std::string("dequantization.") + vector + ".size", actual, name, expected);
  };
  const auto null = [](const char* vector, const char* name, uint64_t expected) {
    return Null(std::string("dequantization.") + vector, name, expected);
  };
  const Fault<Dequantization> faults[] = {
      {[](Dequantization& d) { d.row_scales.size = 2; }, size("row_scales", 2, "a.rows", 3)},
      {[](Dequantization& d) { d.row_scales = VectorView<const float>(nullptr, 1); }, null("row_scales", "1", 1)},
      {[=](Dequantization& d) { d.row_scales.data = out; }, Overlap("c", "dequantization.row_scales")},
      {[](Dequantization& d) { d.column_scales.size = 0; }, size("column_scales", 0, "b's N", 5)},
      {[](Dequantization& d) { d.column_scales.data = nullptr; }, null("column_scales", "b's N", 5)},
      {[=](Dequantization& d) { d.column_scales.data = out; }, Overlap("c", "dequantization.column_scales")},
      {[](Dequantization& d) { d.bias.size = 1; }, size("bias", 1, "b's N", 5)},
      {[](Dequantization& d) { d.bias.data = nullptr; }, null("bias", "b's N", 5)},
      {[=](Dequantization& d) { d.bias.data = out; }, Overlap("c", "dequantization.bias")},
  };
  const Fault<Dequantization> faults_of_zero_points[] = {
      {[](Dequantization& d) { d.row_zero_points.size = 4; }, size("row_zero_points", 4, "a.rows", 3)},
      {[](Dequantization& d) { d.row_zero_points.data = nullptr; }, null("row_zero_points", "a.rows", 3)},
  };
  const auto check = [&](Context& context, Dequantization d, const Fault<Dequantization>& fault) {
    fault.change(d);
    CheckRefused(MatMul(context, MatrixView<const uint8_t>(c.a()), c.packed(), d, c.c()), fault.refusal);
  };
  c.output().Clear();
  ForEachTier([&](Context& context) {
    Dequantization usual = c.d;
    usual.row_zero_points = {};
    for (const Fault<Dequantization>& fault : faults) {
      check(context, c.d, fault);
      check(context, usual, fault);
    }
    for (const Fault<Dequantization>& fault : faults_of_zero_points) check(context, c.d, fault);
    c.CheckOperandErrors(context, {"a", "b", "b's K", "b's N", "c"});
    CHECK(c.output().IsUntouched());
  });
}

TEST_CASE("Dequantization: golden digests") {
  for (size_t option = 0; option < kNumOptions; option += 11) {
    Case<int8_t> s8({97, 301, 110}, option, option);
    Case<uint8_t> u8({97, 301, 110}, option, option);
    CheckGoldenOutputs("dequantization/s8/" + std::to_string(option), s8);
    CheckGoldenOutputs("dequantization/u8/" + std::to_string(option), u8);
  }
}

}  // namespace
}  // namespace isoquant
