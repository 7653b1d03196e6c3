// Tests of MatMul to bf16 and f16, and of its clamp: the f32 results, clamped and rounded once, on every tier.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/dequantize.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

// Bits of an option: one scale for all rows, one for all columns, bias, ReLU, clamp, special floats; zero points: none,
// one, each.
constexpr size_t kNumOptions = 64 * 3;

// Outputs of type C are kept as their bits.
template <class A, class C>
class Case final : public ProductCase<A, StorageOf<C>> {
 public:
  Case(const Shape& shape, size_t option, uint64_t seed)
      : ProductCase<A, StorageOf<C>>(shape, seed),
        row_scales_((option & 1) != 0 ? 1 : shape.m),
        column_scales_((option & 2) != 0 ? 1 : shape.n),
        bias_((option & 4) != 0 ? shape.n : 0),
        zero_points_(option / 64 == 0   ? 0
                     : option / 64 == 1 ? 1
                                        : shape.m) {
    Random& random = this->random_;
    const bool special = (option & 32) != 0;
    Fill(special && seed % 3 == 0, 0x1p-7f, row_scales_);
    Fill(special && seed % 3 == 1, 0x1p-7f, column_scales_);
    Fill(special && seed % 3 == 2, 8.0f, bias_);
    for (int32_t& zero_point : zero_points_) zero_point = static_cast<int32_t>(random.Below(256));
    d.row_scales = {row_scales_.data(), row_scales_.size()};
    d.row_zero_points = {zero_points_.data(), zero_points_.size()};
    d.column_scales = {column_scales_.data(), column_scales_.size()};
    d.bias = {bias_.data(), bias_.size()};
    d.activation = (option & 8) != 0 ? Activation::kRelu : Activation::kNone;
    if ((option & 16) != 0) {
      d.min = -0.5f;
      d.max = 6.0f;
    }
    const std::vector<int32_t> sums = this->Sums(d.row_zero_points);
    std::vector<float> results(shape.m * shape.n + 1);
    const MatrixView<float> in_f32(results.data(), shape.m, shape.n);
    ReferenceDequantize(MatrixView<const int32_t>(sums.data(), shape.m, shape.n), d, in_f32);
    for (size_t m = 0; m < shape.m; ++m) {
      for (size_t n = 0; n < shape.n; ++n) {
        float v = in_f32.Row(m)[n];
        if (v < d.min) v = d.min;
        if (v > d.max) v = d.max;
        this->expected().Row(m)[n] = ReferenceFromF32<C>(v);
      }
    }
  }

  Dequantization d;

 private:
  Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
              const MatrixView<StorageOf<C>>& c) const override {
    return MatMul(context, a, b, d, ViewAs<C>(c));
  }
  void Fill(bool special, float scale, const Guarded<float>& values) {
    for (float& value : values) {
      value = special && this->random_.Below(3) == 0 ? SpecialFloat(this->random_) : this->random_.Signed() * scale;
    }
  }

  const Guarded<float> row_scales_, column_scales_, bias_;
  const Guarded<int32_t> zero_points_;
};

// Calls f(A(), C()) for all types.
template <class F>
void ForEachPair(const F& f) {
  const auto from = [&](auto a) {
    f(a, float());
    f(a, BFloat16());
    f(a, Float16());
  };
  from(int8_t());
  from(uint8_t());
}

TEST_CASE("Dequantization to all types: shapes around the tiles, strides, all options") {
  constexpr size_t kRows[] = {0, 1, 2, 5, 6, 7, 12, 13, 25};
  constexpr size_t kCols[] = {0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 65};
  constexpr size_t kDepths[] = {0, 1, 3, 17, 64, 129};
  size_t i = 0;
  ForEachPair([&](auto a, auto c) {
    for (size_t trial = 0; trial < 48; ++trial, ++i) {
      const Shape shape{kRows[i % 9], kDepths[i % 6], kCols[i % 11], i % 3};
      Case<decltype(a), decltype(c)> product(shape, i * 31 % kNumOptions, i);
      INFO(shape.m, " x ", shape.k, " x ", shape.n, " option ", i * 31 % kNumOptions, " seed ", i);
      product.CheckOnEveryTier();
    }
  });
}

TEST_CASE("Dequantization to all types: plain weights, several chunks of K, any number of workers") {
  size_t option = 0;
  ForEachPair([&](auto a, auto c) {
    option = (option + 37) % kNumOptions;
    Case<decltype(a), decltype(c)> chunks({30, 4500, 35, 1}, option, option), large({130, 300, 67}, option, option + 1);
    ForEachTier([&](Context& tier) {
      chunks.Run(tier);
      chunks.Check();
      chunks.RunPlain(tier);
      chunks.Check();
    });
    ForEachTierOn<UnusualExecutor>({3}, [&](Context& context, const UnusualExecutor& executor) {
      large.Run(context);
      large.Check();
      CHECK(executor.kept());
    });
  });
}

TEST_CASE("Dequantization to all types: activations have the bits of Activate") {
  for (size_t i = 0; i <= static_cast<size_t>(Activation::kExp); ++i) {
    const Activation activation = static_cast<Activation>(i);
    Case<uint8_t, BFloat16> c({13, 70, 53, i % 3}, i % 2 * 32 + i % 3 * 64 + 4, i);
    const Dequantization plain = c.d;
    c.d.activation = activation;
    c.d.activation_parameter = 0.0625f;
    std::vector<float> v(13 * 53);
    const MatrixView<float> in_f32(v.data(), 13, 53);
    ForEachTier([&](Context& context) {
      ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const uint8_t>(c.a()), c.packed(), plain, in_f32));
      ISOQUANT_CHECK_OK(Activate(context, activation, 0.0625f, MatrixView<const float>(in_f32), in_f32));
      for (size_t r = 0; r < 13; ++r) {
        for (size_t j = 0; j < 53; ++j) c.expected().Row(r)[j] = ReferenceFromF32<BFloat16>(in_f32.Row(r)[j]);
      }
      c.Run(context);
      c.Check();
    });
  }
}

TEST_CASE("Dequantization to all types: errors name the argument and write nothing") {
  Case<uint8_t, BFloat16> c({3, 8, 5, 2}, 4 + 64, 1);
  c.output().Clear();
  ForEachTier([&](Context& context) {
    const auto refused = [&](const Dequantization& d) {
      return MatMul(context, MatrixView<const uint8_t>(c.a()), c.packed(), d, ViewAs<BFloat16>(c.c())).ToString();
    };
    Dequantization d = c.d;
    d.min = 2.0f;
    d.max = 1.0f;
    CHECK(refused(d) == "dequantization.min is 2, expected at most dequantization.max = 1");
    d.max = std::numeric_limits<float>::quiet_NaN();
    CHECK(refused(d) == "dequantization.max is nan, expected at least dequantization.min = 2");
    d = c.d;
    d.bias.data = reinterpret_cast<const float*>(c.c().data);
    CHECK(refused(d) == "c overlaps dequantization.bias");
    c.CheckOperandErrors(context, {"a", "b", "b's K", "b's N", "c"});
    CHECK(c.output().IsUntouched());
  });
}

TEST_CASE("Dequantization to all types: golden digests") {
  const auto check = [](auto c, const std::string& name) {
    Case<int8_t, decltype(c)> s8({97, 301, 110}, 4 + 8 + 16, 5), special({97, 301, 110}, 4 + 32, 5);
    Case<uint8_t, decltype(c)> u8({97, 301, 110}, 4 + 128, 5);
    CheckGoldenOutputs("dequantization/" + name, s8, special, u8);
  };
  check(float(), "f32");
  check(BFloat16(), "bf16");
  check(Float16(), "f16");
}

}  // namespace
}  // namespace isoquant
