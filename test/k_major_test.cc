// Tests of MatMul of rows in K-major order.
#include "isoquant/k_major.h"

#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/float_matmul.h"
#include "test/bf16_fast.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {
namespace {

template <class T>
T AnyValue(Random& random) {
  if constexpr (std::is_same_v<T, float>) {
    const int exponent = static_cast<int>(random.Below(24)) - 12;
    return std::ldexp(random.Signed(), exponent);
  } else {
    return Operands::Any(random);
  }
}

template <class T>
void Transpose(const GuardedMatrix<T>& from, const GuardedMatrix<T>& to) {
  for (size_t r = 0; r < from.view().rows; ++r) {
    for (size_t c = 0; c < from.view().cols; ++c) to.at(c, r) = from.at(r, c);
  }
}

// Both orders of A and of B. Each of these ends at a guard page.
template <class T>
struct Product {
  Product(Random& random, const Shape& shape)
      : a(shape.m, shape.k),
        a_transposed(shape.k, shape.m, shape.m + shape.gap),
        b(shape.k, shape.n),
        b_transposed(shape.n, shape.k, shape.k + shape.gap),
        before(shape.m, shape.n),
        c(shape.m, shape.n, shape.n + shape.gap) {
    for (T& x : a.buffer()) x = AnyValue<T>(random);
    for (T& x : b.buffer()) x = AnyValue<T>(random);
    for (float& x : before.buffer()) x = random.Signed();
    Transpose(a, a_transposed);
    Transpose(b, b_transposed);
  }
  // The bits of float_matmul.h, which other tests compare with its definition.
  void Expect(Context& context, Store store) {
    Begin();
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), KxN{b.const_view()}, c.view(), store));
    for (size_t m = 0; m < c.view().rows; ++m) std::copy_n(c.view().Row(m), c.view().cols, c.expected().Row(m));
  }
  void Begin() {
    c.Clear();
    for (size_t m = 0; m < c.view().rows; ++m) std::copy_n(before.view().Row(m), c.view().cols, c.view().Row(m));
  }
  void Check(Context& context, const WeightsRef& weights, Store store) {
    Begin();
    ISOQUANT_CHECK_OK(MatMul(context, KxM<T>{a_transposed.const_view()}, weights, c.view(), store));
    c.Check();
  }
  void Run(Context& context) {
    c.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, KxM{a_transposed.view()}, NxK{b_transposed.const_view()}, c.view()));
  }
  void Check() { c.Check(); }
  Output<float>& output() { return c; }

  GuardedMatrix<T> a, a_transposed, b, b_transposed;
  GuardedMatrix<float> before;
  Output<float> c;
};

constexpr Shape kShapes[] = {{1, 1, 1},     {1, 7, 17, 1},   {3, 2, 16},      {5, 33, 40, 3},
                             {13, 64, 31},  {17, 65, 50, 1}, {34, 67, 70},    {90, 19, 33, 5},
                             {4, 1163, 20}, {6, 0, 9},       {48, 130, 64, 2}};

template <class T>
void CheckAllOrders(Context& context, Random& random) {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    Product<T> product(random, shape);
    const PackedWeights packed = Packed(context, NxK{product.b_transposed.const_view()});
    for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
      product.Expect(context, store);
      product.Check(context, packed, store);
      product.Check(context, KxN{product.b.const_view()}, store);
      product.Check(context, NxK{product.b_transposed.const_view()}, store);
    }
  }
}

TEST_CASE("K-major rows: the bits of the transposed matrix, whatever the order of b") {
  Random random(401);
  ForEachTier([&](Context& context) {
    CheckAllOrders<float>(context, random);
    CheckAllOrders<BFloat16>(context, random);
  });
}

TEST_CASE("K-major rows: the bits of the transposed matrix in FloatMode::kFast") {
  Context probe;
  probe.SetFloatMode(FloatMode::kFast);
  Random random(402);
  for (const TierReport& report : ExplainTiers(probe, ElementType::kBf16, ElementType::kBf16)) {
    if (!report.usable) continue;
    INFO("tier ", report.name);
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    UseOnly(context, report.name);
    CheckAllOrders<BFloat16>(context, random);
  }
}

// T: of a. C: of c.
template <class T, class C>
void CheckOutputs(Context& context, Random& random) {
  for (const Shape& shape : {Shape{1, 7, 17, 1}, Shape{13, 64, 31}, Shape{34, 67, 70, 2}, Shape{3, 0, 9}}) {
    Product<T> product(random, shape);
    const PackedWeights packed = Packed(context, NxK{product.b_transposed.const_view()});
    Guarded<float> bias(shape.n);
    for (float& x : bias) x = random.Signed();
    FloatOutput output;
    output.bias = {bias.data(), bias.size()};
    output.activation = Activation::kSilu;
    output.max = 0.75f;
    Output<StorageOf<C>> c(shape.m, shape.n, shape.n + shape.gap);
    c.Clear();
    ISOQUANT_CHECK_OK(
        MatMul(context, FloatMatrix(product.a.const_view()), packed, output, FloatMatrix(ViewAs<C>(c.view()))));
    for (size_t m = 0; m < shape.m; ++m) std::copy_n(c.view().Row(m), shape.n, c.expected().Row(m));
    for (const WeightsRef& weights : {WeightsRef(packed), WeightsRef(KxN{product.b.const_view()})}) {
      c.Clear();
      ISOQUANT_CHECK_OK(
          MatMul(context, KxM<T>{product.a_transposed.const_view()}, weights, output, ViewAs<C>(c.view())));
      c.Check();
    }
  }
}

TEST_CASE("K-major rows: the bits of the transposed matrix through a FloatOutput") {
  Random random(405);
  ForEachTier([&](Context& context) {
    CheckOutputs<float, float>(context, random);
    CheckOutputs<float, Float16>(context, random);
    CheckOutputs<BFloat16, BFloat16>(context, random);
  });
}

TEST_CASE("K-major rows: golden digests") {
  Random random(403);
  Product<float> f32(random, {33, 257, 129, 3});
  Product<BFloat16> bf16(random, {35, 257, 129, 3});
  Context context;
  f32.Expect(context, Store::kOverwrite);
  bf16.Expect(context, Store::kOverwrite);
  CheckGoldenOutputs("k_major/bf16/35x257x129", bf16);
  CheckGoldenOutputs("k_major/f32/33x257x129", f32);
}

TEST_CASE("K-major rows: a product without K writes zeros, and an odd K leaves -0 as it is") {
  ForEachTier([&](Context& context) {
    GuardedMatrix<BFloat16> a(3, 5), b(3, 20);
    GuardedMatrix<float> c(5, 20);
    for (BFloat16& x : a.buffer()) x.bits = 0x8000;
    for (BFloat16& x : b.buffer()) x.bits = 0x3f80;
    for (float& x : c.buffer()) x = -0.0f;
    ISOQUANT_CHECK_OK(MatMul(context, KxM{a.view()}, KxN{b.const_view()}, c.view(), Store::kAccumulate));
    for (const float x : c.buffer()) CHECK(std::signbit(x));
    ISOQUANT_CHECK_OK(
        MatMul(context, KxM<BFloat16>{{nullptr, 0, 5}}, KxN{MatrixView<const BFloat16>(nullptr, 0, 20)}, c.view()));
    for (const float x : c.buffer()) CHECK((x == 0.0f && !std::signbit(x)));
  });
}

TEST_CASE("K-major rows: errors, and nothing is written") {
  Random random(404);
  Product<float> product(random, {4, 8, 20});
  product.c.Clear();
  Context context;
  const float* const data = product.a_transposed.const_view().data;
  const MatrixView<float> c = product.c.view();
  const KxN b{product.b.const_view()};
  const auto refusal = [&](const MatrixView<const float>& a, const WeightsRef& weights, const MatrixView<float>& out) {
    return MatMul(context, KxM<float>{a}, weights, out).ToString();
  };
  const GuardedMatrix<int8_t> bytes(8, 20);
  CHECK(refusal({data, 8, 4}, KxN{bytes.const_view()}, c) == "b is s8, expected f32");
  CHECK(refusal({data, 7, 4}, b, c) == "a.values.rows is 7, expected b's K = 8");
  CHECK(refusal({data, 8, 3, 4}, b, c) == "c.rows is 4, expected a.values.cols = 3");
  CHECK(refusal({data, 8, 4}, b, {c.data, 4, 19, 20}) == "c.cols is 19, expected b's N = 20");
  const auto code = [&](const MatrixView<const float>& a, const WeightsRef& weights, const MatrixView<float>& out) {
    return MatMul(context, KxM<float>{a}, weights, out).code();
  };
  CHECK(code({data, 8, 4}, b, {c.data, 4, 20, 19}) == StatusCode::kTooSmall);
  CHECK(code({data, 8, 4}, KxN{{product.b.const_view().data, 8, 20, 19}}, c) == StatusCode::kTooSmall);
  CHECK(code({data, 8, 4, SIZE_MAX / 8}, b, c) == StatusCode::kTooLarge);
  CHECK(code({nullptr, 8, 4}, b, c) == StatusCode::kNull);
  CHECK(code({data, 8, 4}, b, {nullptr, 4, 20}) == StatusCode::kNull);
  CHECK(code({c.data, 8, 4}, b, c) == StatusCode::kOverlap);
  CHECK(code({data, 8, 4}, KxN{{c.data, 8, 20}}, c) == StatusCode::kOverlap);
  FloatOutput output;
  const auto through = [&](const MatrixView<const float>& a) {
    return MatMul(context, KxM<float>{a}, b, output, c).ToString();
  };
  CHECK(through({data, 7, 4}) == "a.values.rows is 7, expected b's K = 8");
  output.min = 2.0f;
  output.max = 1.0f;
  CHECK(through({data, 8, 4}) == "output.min is 2, expected at most output.max = 1");
  CHECK(product.c.IsUntouched());
}

}  // namespace
}  // namespace isoquant
