// Tests of MatMul through a FloatOutput: the bits of the sums, the bias, Activate, the clamp and Convert one by one.
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

template <class T>
T FromFloat(float x);
template <>
float FromFloat<float>(float x) {
  return x;
}
template <>
BFloat16 FromFloat<BFloat16>(float x) {
  return {static_cast<uint16_t>(ReferenceToBits(x, 7, 8))};
}

// A: float or BFloat16; C: float, BFloat16 or Float16.
template <class A, class C>
struct OutputCase {
  OutputCase(Random& random, const Shape& shape)
      : a(shape.m, shape.k, shape.k + shape.gap),
        b(shape.k, shape.n),
        bias(shape.n),
        c(shape.m, shape.n, shape.n + shape.gap) {
    for (A& x : a.buffer()) x = FromFloat<A>(random.Signed());
    for (A& x : b.buffer()) x = FromFloat<A>(random.Signed());
    for (float& x : bias) x = random.Signed();
    output.bias = {bias.data(), bias.size()};
  }

  // Operation by operation.
  void Expect() {
    Context context;
    const size_t m = a.view().rows, n = b.view().cols;
    GuardedMatrix<float> v(m, n);
    GuardedMatrix<StorageOf<C>> converted(m, n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), KxN{b.const_view()}, v.view()));
    for (size_t r = 0; r < m && output.bias.size != 0; ++r) {
      for (size_t i = 0; i < n; ++i) v.at(r, i) = Rounded(v.at(r, i) + output.bias.data[i]);
    }
    ISOQUANT_CHECK_OK(Activate(context, output.activation, output.activation_parameter, v.const_view(), v.view()));
    for (float& x : v.buffer()) {
      if (x < output.min) x = output.min;
      if (x > output.max) x = output.max;
    }
    ISOQUANT_CHECK_OK(Convert(context, v.const_view(), ViewAs<C>(converted.view())));
    for (size_t r = 0; r < m; ++r) {
      for (size_t i = 0; i < n; ++i) c.expected().Row(r)[i] = converted.at(r, i);
    }
  }
  Status Multiply(Context& context, const WeightsRef& weights) {
    c.Clear();
    return MatMul(context, a.const_view(), weights, output, ViewAs<C>(c.view()));
  }
  void Run(Context& context) { ISOQUANT_CHECK_OK(Multiply(context, KxN{b.const_view()})); }
  void Check() { c.Check(); }
  void CheckPackedAndPlain(Context& context) {
    Run(context);
    Check();
    const PackedWeights packed = Packed(context, KxN{b.const_view()});
    ISOQUANT_CHECK_OK(Multiply(context, packed));
    Check();
  }

  GuardedMatrix<A> a, b;
  Guarded<float> bias;
  FloatOutput output;
  Output<StorageOf<C>> c;
};

// All activations, with a clamp and a bias or without; types by turns.
template <class A, class C>
void CheckTypes(const std::string& name) {
  Digest digest;
  Random random(181);
  for (size_t i = 0; i <= static_cast<size_t>(Activation::kExp); ++i) {
    CAPTURE(i);
    OutputCase<A, C> test(random, {5 + 7 * (i % 4), 20 + i, 16 * (i % 3) + 17, i % 3});
    test.output.activation = static_cast<Activation>(i);
    test.output.activation_parameter = 0.125f;
    if (i % 2 == 1) test.output.max = 0.75f;
    if (i % 4 == 3) test.output.min = -0.25f;
    if (i % 5 == 4) test.output.bias = {};
    test.Expect();
    ForEachTierOn<ThreadExecutor>({1, 3},
                                  [&](Context& context, const ThreadExecutor&) { test.CheckPackedAndPlain(context); });
    digest.Add(test.c.view());
  }
  CheckGolden("float_output/" + name, digest.value());
}

TEST_CASE("FloatOutput: each operation one by one gives the same bits") {
  CheckTypes<float, float>("f32_f32");
  CheckTypes<float, BFloat16>("f32_bf16");
  CheckTypes<float, Float16>("f32_f16");
  CheckTypes<BFloat16, float>("bf16_f32");
  CheckTypes<BFloat16, BFloat16>("bf16_bf16");
  CheckTypes<BFloat16, Float16>("bf16_f16");
}

TEST_CASE("FloatOutput: special values") {
  Random random(182);
  OutputCase<BFloat16, BFloat16> to_bf16(random, {9, 5, 37});
  OutputCase<float, Float16> to_f16(random, {9, 5, 37});
  OutputCase<float, float> to_f32(random, {9, 5, 37});
  const auto check = [&](auto& test) {
    using A = std::remove_const_t<std::remove_reference_t<decltype(test.a.at(0, 0))>>;
    test.a.at(0, 2) = FromFloat<A>(kNaN);
    test.a.at(1, 0) = FromFloat<A>(kInfinity);
    test.a.at(2, 0) = FromFloat<A>(-kInfinity);
    for (size_t k = 0; k < 5; ++k) test.a.at(3, k) = FromFloat<A>(-0.0f);
    for (size_t k = 0; k < 5; ++k) test.a.at(4, k) = FromFloat<A>(70000.0f);
    for (size_t k = 0; k < 5; ++k) test.a.at(5, k) = FromFloat<A>(0x1p-130f);
    test.bias[1] = kNaN;
    test.bias[2] = kInfinity;
    test.bias[3] = -kInfinity;
    test.bias[4] = -0.0f;
    for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kLeakyRelu,
                                        Activation::kHardSwish, Activation::kSilu, Activation::kExp}) {
      for (const bool clamps : {false, true}) {
        test.output.activation = activation;
        test.output.min = clamps ? -1.0f : -kInfinity;
        test.output.max = clamps ? 6.0f : kInfinity;
        test.Expect();
        ForEachTier([&](Context& context) {
          test.Run(context);
          test.Check();
        });
      }
    }
  };
  check(to_bf16);
  check(to_f16);
  check(to_f32);
}

TEST_CASE("FloatOutput: many rows and columns, long K, and no output at all") {
  Random random(183);
  OutputCase<float, BFloat16> wide(random, {3, 7, 1030}), tall(random, {70, 33, 5, 2});
  OutputCase<BFloat16, float> deep(random, {13, 4100, 33}), none(random, {4, 0, 20});
  wide.output.activation = tall.output.activation = deep.output.activation = Activation::kGelu;
  tall.output.min = 0.0f;
  wide.Expect();
  tall.Expect();
  deep.Expect();
  none.Expect();
  ForEachTier([&](Context& context) {
    wide.CheckPackedAndPlain(context);
    tall.CheckPackedAndPlain(context);
    deep.CheckPackedAndPlain(context);
    none.CheckPackedAndPlain(context);
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const float>(nullptr, 0, 7), KxN{wide.b.const_view()}, wide.output,
                             MatrixView<float>(nullptr, 0, 1030)));
  });
}

TEST_CASE("FloatOutput: errors, and nothing is written") {
  Random random(184);
  OutputCase<float, BFloat16> test(random, {4, 8, 20});
  test.c.Clear();
  Context context;
  const MatrixView<BFloat16> c = ViewAs<BFloat16>(test.c.view());
  const auto text_of = [&](const FloatOutput& output) {
    return MatMul(context, test.a.const_view(), KxN{test.b.const_view()}, output, c).ToString();
  };
  FloatOutput output = test.output;
  output.bias.size = 19;
  CHECK(text_of(output) == "output.bias.size is 19, expected b's N = 20");
  output = test.output;
  output.bias.data = nullptr;
  CHECK(text_of(output) == "output.bias.data is null, expected b's N = 20 elements");
  output.bias = {reinterpret_cast<const float*>(c.data), 20};
  CHECK(text_of(output) == "c overlaps output.bias");
  output = test.output;
  output.activation = static_cast<Activation>(10);
  CHECK(text_of(output) == "output.activation is 10, expected at most the last Activation = 9");
  output = test.output;
  output.min = 2.0f;
  output.max = 1.0f;
  CHECK(text_of(output) == "output.min is 2, expected at most output.max = 1");
  output.max = kNaN;
  CHECK(text_of(output).find("output.max is ") == 0);
  const GuardedMatrix<BFloat16> a(4, 8);
  CHECK(MatMul(context, a.const_view(), KxN{test.b.const_view()}, test.output, c).ToString() ==
        "b is f32, expected bf16");
  const GuardedMatrix<Float16> halves(4, 8);
  CHECK(MatMul(context, FloatMatrix(halves.const_view()), KxN{test.b.const_view()}, test.output, FloatMatrix(c))
            .ToString() == "a is f16, expected f32 or bf16");
  CHECK(MatMul(context, test.a.const_view(), KxN{test.b.const_view()}, test.output,
               MatrixView<BFloat16>(c.data, 4, 20, 19))
            .code() == StatusCode::kTooSmall);
  CHECK(test.c.IsUntouched());
}

TEST_CASE("FloatOutput: truncated outputs and another order of steps would show") {
  Random random(185);
  OutputCase<float, BFloat16> test(random, {16, 30, 40});
  test.output.activation = Activation::kTanh;
  test.Expect();
  OutputCase<float, float> in_f32(random, {16, 30, 40});
  for (size_t i = 0; i < test.a.buffer().size(); ++i) in_f32.a.buffer()[i] = test.a.buffer()[i];
  for (size_t i = 0; i < test.b.buffer().size(); ++i) in_f32.b.buffer()[i] = test.b.buffer()[i];
  for (size_t i = 0; i < 40; ++i) in_f32.bias[i] = test.bias[i];
  in_f32.output.activation = Activation::kTanh;
  in_f32.Expect();
  size_t truncated = 0, bias_last = 0;
  Context context;
  OutputCase<float, float> without_bias(random, {16, 30, 40});
  std::memcpy(without_bias.a.buffer().data(), test.a.buffer().data(), 16 * 30 * sizeof(float));
  std::memcpy(without_bias.b.buffer().data(), test.b.buffer().data(), 30 * 40 * sizeof(float));
  without_bias.output.bias = {};
  without_bias.output.activation = Activation::kTanh;
  without_bias.Expect();
  for (size_t m = 0; m < 16; ++m) {
    for (size_t n = 0; n < 40; ++n) {
      const float exact = in_f32.c.expected().Row(m)[n];
      uint32_t bits;
      std::memcpy(&bits, &exact, sizeof(bits));
      truncated += test.c.expected().Row(m)[n] != bits >> 16 ? 1 : 0;
      bias_last += Rounded(without_bias.c.expected().Row(m)[n] + test.bias[n]) != exact ? 1 : 0;
    }
  }
  CHECK(truncated > 200);
  CHECK(bias_last > 500);
}

}  // namespace
}  // namespace isoquant
