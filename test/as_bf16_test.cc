// Tests of MatMul of rows of f32 that count as bf16: the bits of Convert and MatMul of bf16, the error bound, errors.
#include "isoquant/as_bf16.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/convert.h"
#include "isoquant/float_matmul.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

float AnyMagnitude(Random& random) {
  const int exponent = static_cast<int>(random.Below(8)) - 4;
  return std::ldexp(random.Signed(), exponent);
}

struct Product {
  Product(Random& random, const Shape& shape)
      : a(shape.m, shape.k, shape.k + shape.gap),
        b(shape.k, shape.n, shape.n + shape.gap),
        b_transposed(shape.n, shape.k),
        a16(shape.m, shape.k),
        b16(shape.k, shape.n),
        before(shape.m, shape.n),
        c(shape.m, shape.n, shape.n + shape.gap) {
    for (float& x : a.buffer()) x = AnyMagnitude(random);
    for (float& x : b.buffer()) x = AnyMagnitude(random);
    for (float& x : before.buffer()) x = random.Signed();
    Prepare();
  }
  // After a change of operands.
  void Prepare() {
    for (size_t k = 0; k < b.view().rows; ++k) {
      for (size_t n = 0; n < b.view().cols; ++n) b_transposed.at(n, k) = b.at(k, n);
    }
    Context context;
    ISOQUANT_CHECK_OK(Convert(context, a.const_view(), a16.view()));
    ISOQUANT_CHECK_OK(Convert(context, b.const_view(), b16.view()));
  }
  void Begin() {
    c.Clear();
    for (size_t m = 0; m < c.view().rows; ++m) std::copy_n(before.view().Row(m), c.view().cols, c.view().Row(m));
  }
  void Expect(Context& context, Store store) {
    Begin();
    ISOQUANT_CHECK_OK(MatMul(context, a16.const_view(), KxN{b16.const_view()}, c.view(), store));
    for (size_t m = 0; m < c.view().rows; ++m) std::copy_n(c.view().Row(m), c.view().cols, c.expected().Row(m));
  }
  void CheckWith(Context& context, const WeightsRef& weights, Store store) {
    Begin();
    ISOQUANT_CHECK_OK(MatMul(context, AsBf16{a.const_view()}, weights, c.view(), store));
    c.Check();
  }
  void CheckAll(Context& context) {
    const PackedWeights f32 = Packed(context, KxN{b.const_view()}), bf16 = Packed(context, KxN{b16.const_view()});
    const std::initializer_list<WeightsRef> kinds = {f32, bf16, KxN{b.const_view()}, NxK{b_transposed.const_view()},
                                                     KxN{b16.const_view()}};
    for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
      Expect(context, store);
      for (const WeightsRef& weights : kinds) CheckWith(context, weights, store);
    }
  }
  void Run(Context& context) {
    c.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, AsBf16{a.const_view()}, KxN{b.const_view()}, c.view()));
  }
  void Check() { c.Check(); }
  Output<float>& output() { return c; }

  GuardedMatrix<float> a, b, b_transposed;
  GuardedMatrix<BFloat16> a16, b16;
  GuardedMatrix<float> before;
  Output<float> c;
};

constexpr Shape kShapes[] = {{1, 1, 1},    {2, 3, 17, 1},   {5, 33, 40, 3}, {13, 64, 31},
                             {34, 67, 70}, {90, 19, 33, 5}, {4, 1163, 20},  {6, 0, 9}};

TEST_CASE("f32 as bf16: the bits of rounded operands") {
  Random random(421);
  ForEachTier([&](Context& context) {
    for (const Shape& shape : kShapes) {
      CAPTURE(shape.m);
      CAPTURE(shape.k);
      CAPTURE(shape.n);
      Product(random, shape).CheckAll(context);
    }
  });
}

template <class C>
void CheckOutputs(Context& context, Random& random, const Shape& shape) {
  Product product(random, shape);
  const PackedWeights f32 = Packed(context, KxN{product.b.const_view()}),
                      bf16 = Packed(context, KxN{product.b16.const_view()});
  Guarded<float> bias(shape.n);
  for (float& x : bias) x = random.Signed();
  FloatOutput output;
  output.bias = {bias.data(), bias.size()};
  output.activation = Activation::kRelu;
  Output<StorageOf<C>> c(shape.m, shape.n, shape.n + shape.gap);
  c.Clear();
  ISOQUANT_CHECK_OK(
      MatMul(context, FloatMatrix(product.a16.const_view()), bf16, output, FloatMatrix(ViewAs<C>(c.view()))));
  for (size_t m = 0; m < shape.m; ++m) std::copy_n(c.view().Row(m), shape.n, c.expected().Row(m));
  for (const WeightsRef& weights : {WeightsRef(f32), WeightsRef(bf16), WeightsRef(KxN{product.b.const_view()})}) {
    c.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, AsBf16{product.a.const_view()}, weights, output, ViewAs<C>(c.view())));
    c.Check();
  }
}

TEST_CASE("f32 as bf16: the bits of rounded operands through a FloatOutput") {
  Random random(426);
  ForEachTier([&](Context& context) {
    CheckOutputs<float>(context, random, {5, 33, 40, 3});
    CheckOutputs<BFloat16>(context, random, {34, 67, 70});
    CheckOutputs<Float16>(context, random, {2, 0, 9});
  });
}

// The tiers of FloatMode::kFast too.
template <class F>
void ForEachFastTier(const F& f) {
  Context probe;
  probe.SetFloatMode(FloatMode::kFast);
  for (const TierReport& report : ExplainTiers(probe, ElementType::kBf16, ElementType::kBf16)) {
    if (!report.usable) continue;
    INFO("tier ", report.name);
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    UseOnly(context, report.name);
    f(context);
  }
}

TEST_CASE("f32 as bf16: FloatMode::kFast, and the error bound") {
  Random random(422);
  ForEachFastTier([&](Context& context) {
    for (const Shape& shape : {Shape{5, 33, 40, 3}, Shape{34, 67, 70}, Shape{3, 1, 20}}) {
      Product product(random, shape);
      product.CheckAll(context);
      const double depth = static_cast<double>(shape.k) + 2;
      double worst = 0;
      product.CheckWith(context, KxN{product.b.const_view()}, Store::kAccumulate);
      for (size_t m = 0; m < shape.m; ++m) {
        for (size_t n = 0; n < shape.n; ++n) {
          double sum = static_cast<double>(product.before.at(m, n)), magnitudes = 0;
          const double first = std::fabs(sum);
          for (size_t k = 0; k < shape.k; ++k) {
            const double term = static_cast<double>(product.a.at(m, k)) * static_cast<double>(product.b.at(k, n));
            sum += term;
            magnitudes += std::fabs(term);
          }
          const double bound =
              (0x1p-7 + 0x1p-16) * magnitudes + depth * (0x1p-23 * (first + 1.01 * magnitudes) + 0x1p-126 * 20);
          worst = std::max(worst, std::fabs(static_cast<double>(product.c.view().Row(m)[n]) - sum) / bound);
        }
      }
      CHECK(worst <= 1.0);
      if (shape.k == 1) CHECK(worst > 0.1);  // no better than bf16
    }
  });
}

TEST_CASE("f32 as bf16: golden digests") {
  Random random(423);
  Product product(random, {33, 257, 129, 3});
  Context context;
  product.Expect(context, Store::kOverwrite);
  CheckGoldenOutputs("as_bf16/33x257x129", product);
}

TEST_CASE("f32 as bf16: ties, NaN, infinities, subnormal numbers, and what rounds to infinity") {
  Random random(424);
  ForEachTier([&](Context& context) {
    Product product(random, {20, 37, 40});
    const uint32_t special[] = {0x3f808000, 0x3f818000, 0x7f7fffff, 0x7f800000, 0xff812345, 0x7fc00001,
                                0x00000001, 0x80008001, 0x00408000, 0x7f7f7fff, 0x80000000, 0xff800001};
    for (size_t i = 0; i < 12; ++i) {
      std::memcpy(&product.a.at(i, 3 * i), &special[i], sizeof(float));
      std::memcpy(&product.b.at(3 * i + 1, 2 * i), &special[i], sizeof(float));
    }
    product.Prepare();
    product.CheckAll(context);
  });
}

TEST_CASE("f32 as bf16: an odd K leaves -0 as it is") {
  ForEachTier([&](Context& context) {
    const GuardedMatrix<float> a(19, 3), b(3, 20), c(19, 20);
    for (float& x : a.buffer()) x = -0.0f;
    for (float& x : b.buffer()) x = 1.0f;
    for (float& x : c.buffer()) x = -0.0f;
    ISOQUANT_CHECK_OK(MatMul(context, AsBf16{a.const_view()}, KxN{b.const_view()}, c.view(), Store::kAccumulate));
    for (const float x : c.buffer()) CHECK(std::signbit(x));
  });
}

TEST_CASE("f32 as bf16: errors, and nothing is written") {
  Random random(425);
  Product product(random, {4, 8, 20});
  product.c.Clear();
  Context context;
  const MatrixView<const float> a = product.a.const_view();
  const MatrixView<float> c = product.c.view();
  const KxN b{product.b16.const_view()};
  const auto refusal = [&](const MatrixView<const float>& values, const WeightsRef& weights,
                           const MatrixView<float>& out) {
    return MatMul(context, AsBf16{values}, weights, out).ToString();
  };
  const GuardedMatrix<int8_t> bytes(8, 20);
  CHECK(refusal(a, KxN{bytes.const_view()}, c) == "b is s8, expected bf16");
  CHECK(refusal({a.data, 4, 7, 8}, b, c) == "a.values.cols is 7, expected b's K = 8");
  CHECK(refusal({a.data, 3, 8}, b, c) == "c.rows is 4, expected a.values.rows = 3");
  CHECK(refusal(a, b, {c.data, 4, 19, 20}) == "c.cols is 19, expected b's N = 20");
  CHECK(MatMul(context, AsBf16{a}, b, {nullptr, 4, 20}).code() == StatusCode::kNull);
  CHECK(MatMul(context, AsBf16{{c.data, 4, 8, 20}}, b, c).code() == StatusCode::kOverlap);
  CHECK(MatMul(context, AsBf16{a}, KxN{{c.data, 8, 20}}, c).code() == StatusCode::kOverlap);
  FloatOutput output;
  output.activation = static_cast<Activation>(99);
  CHECK(MatMul(context, AsBf16{a}, b, output, c).code() == StatusCode::kInvalidValue);
  output = {};
  output.bias = {a.data, 19};
  CHECK(MatMul(context, AsBf16{a}, b, output, c).code() == StatusCode::kMismatch);
  CHECK(product.c.IsUntouched());
}

}  // namespace
}  // namespace isoquant
