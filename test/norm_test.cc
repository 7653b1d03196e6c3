// Tests of norm.h: bytes against the scalar definition, on every tier, for lengths around vectors and virtual lanes,
// strides, in place, and rows of special values.
#include "isoquant/norm.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test/float_rows.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

// ---- The definition

enum class Norm { kRms, kLayer };

void NormaliseReference(Norm norm, const float* x, size_t n, const float* weight, const float* bias, float epsilon,
                        float* y) {
  const float count = static_cast<float>(n);
  float mean = 0.0f;
  if (norm == Norm::kLayer) mean = SumReference(n, [&](size_t i, float lane) { return lane + x[i]; }) / count;
  const auto centred = [&](size_t i) { return norm == Norm::kLayer ? x[i] - mean : x[i]; };
  const float sum = SumReference(n, [&](size_t i, float lane) { return std::fma(centred(i), centred(i), lane); });
  const float scale = 1.0f / std::sqrt(sum / count + epsilon);
  for (size_t i = 0; i < n; ++i) {
    volatile float t = centred(i) * scale;  // not fused
    float v = t;
    if (weight != nullptr && bias != nullptr) {
      v = std::fma(t, weight[i], bias[i]);
    } else if (weight != nullptr) {
      v = t * weight[i];
    } else if (bias != nullptr) {
      v = t + bias[i];
    }
    y[i] = v;
  }
}

// Of weight, bias, or none.
struct Options {
  bool weight, bias;
};

// T is float, BFloat16 or Float16; memory has the bits of the latter.
template <class T>
struct NormCase {
  using Stored = StorageOf<T>;

  NormCase(Random& random, Norm norm_in, size_t rows, size_t cols, Options options_in, size_t gap = 0)
      : norm(norm_in),
        options(options_in),
        x(rows, cols, cols + gap),
        y(rows, cols, cols + 2 * gap),
        weight(options.weight ? cols : 0),
        bias(options.bias ? cols : 0) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) Set(r, c, random.Signed() * 3.0f + 0.25f);
    }
    for (float& v : weight) v = random.Signed() * 2.0f;
    for (float& v : bias) v = random.Signed();
  }

  void Set(size_t r, size_t c, float v) const { x.at(r, c) = ReferenceFromF32<T>(v); }
  Status Call(Context& context, const MatrixView<Stored>& from, const MatrixView<Stored>& to) const {
    const VectorView<const float> w(weight.data(), weight.size()), b(bias.data(), bias.size());
    const MatrixView<const T> x_view(ViewAs<T>(from));
    if (norm == Norm::kRms) return RmsNorm(context, x_view, w, epsilon, ViewAs<T>(to));
    return LayerNorm(context, x_view, w, b, epsilon, ViewAs<T>(to));
  }
  void Run(Context& context) { ISOQUANT_CHECK_OK(Call(context, x.view(), y.view())); }
  void Check() const { CheckAgainst(y); }
  void CheckAgainst(const GuardedMatrix<Stored>& actual) const {
    const size_t n = x.view().cols;
    std::vector<float> row(n), expected(n);
    std::vector<Stored> stored(n);
    for (size_t r = 0; r < x.view().rows; ++r) {
      for (size_t c = 0; c < n; ++c) row[c] = ReferenceToF32<T>(x.at(r, c));
      NormaliseReference(norm, row.data(), n, options.weight ? weight.data() : nullptr,
                         options.bias ? bias.data() : nullptr, epsilon, expected.data());
      for (size_t c = 0; c < n; ++c) stored[c] = ReferenceFromF32<T>(expected[c]);
      CHECK(FirstDifference(actual.view().Row(r), stored.data(), n) == n);
    }
  }
  const GuardedMatrix<Stored>& output() const { return y; }

  Norm norm;
  Options options;
  float epsilon = 1e-5f;
  GuardedMatrix<Stored> x, y;
  Guarded<float> weight, bias;
};

constexpr struct {
  Norm norm;
  Options options;
} kKinds[] = {{Norm::kRms, {false, false}},  {Norm::kRms, {true, false}},   {Norm::kLayer, {false, false}},
              {Norm::kLayer, {true, false}}, {Norm::kLayer, {false, true}}, {Norm::kLayer, {true, true}}};

TEST_CASE_TEMPLATE("Norm: rows of every length around vectors and lanes, with and without weights", T, float, BFloat16,
                   Float16) {
  ForEachTier([](Context& context) {
    Random random(1);
    for (const auto& kind : kKinds) {
      for (size_t n = 0; n <= 132; ++n) {
        CAPTURE(n);
        NormCase<T> test(random, kind.norm, 2, n, kind.options);
        test.Run(context);
        test.Check();
      }
      for (const size_t n : std::initializer_list<size_t>{191, 192, 193, 255, 256, 257, 1000, 1024, 4097, 8192}) {
        CAPTURE(n);
        NormCase<T> test(random, kind.norm, 1, n, kind.options);
        test.Run(context);
        test.Check();
      }
    }
  });
}

TEST_CASE_TEMPLATE("Norm: strides, and in place", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(2);
    for (const auto& kind : kKinds) {
      NormCase<T> test(random, kind.norm, 5, 67, kind.options, 3);
      test.Run(context);
      test.Check();
      GuardedMatrix<StorageOf<T>> both(5, 67, 70);
      std::memcpy(both.buffer().data(), test.x.buffer().data(), both.buffer().size() * sizeof(StorageOf<T>));
      ISOQUANT_CHECK_OK(test.Call(context, both.view(), both.view()));
      test.CheckAgainst(both);
    }
  });
}

// Rows that the definition alone decides: all zero, all equal, huge, subnormal, not finite.
template <class T>
void FillSpecialRows(Random& random, const NormCase<T>& test) {
  const float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  const float kMax = (std::numeric_limits<float>::max)(), kMin = (std::numeric_limits<float>::min)();
  const size_t cols = test.x.view().cols;
  for (size_t r = 0; r < kSpecialRows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      const float v = random.Signed(), sign = c % 3 == 0 ? -1.0f : 1.0f;
      const float values[] = {
          0.0f,         sign * 0.0f, -1.7f, sign * kMax, kMax, sign * 1e19f,    sign * 0x1p-140f, v * kMin, v * 1e-21f,
          v * 0x1p-75f, v,           v,     v,           v,    sign * kInfinity};
      test.Set(r, c, values[r]);
    }
  }
  test.Set(10, cols / 2, kNaN);
  test.Set(11, cols - 1, -kNaN);
  test.Set(12, 0, kInfinity);
  test.Set(13, cols - 1, -kInfinity);
}

TEST_CASE_TEMPLATE("Norm: rows of zeros, of equal, huge, subnormal and not finite numbers", T, float, BFloat16,
                   Float16) {
  ForEachTier([](Context& context) {
    Random random(3);
    for (const auto& kind : kKinds) {
      for (const size_t n : std::initializer_list<size_t>{1, 17, 64, 65, 200}) {
        for (const float epsilon : {0.0f, 0x1p-149f, 1e-6f, 3e38f}) {
          NormCase<T> test(random, kind.norm, kSpecialRows, n, kind.options);
          test.epsilon = epsilon;
          FillSpecialRows(random, test);
          test.Run(context);
          test.Check();
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("Norm: weights and biases that are not finite", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(4);
    for (const auto& kind : kKinds) {
      for (const float special : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::quiet_NaN()}) {
        NormCase<T> test(random, kind.norm, 3, 70, kind.options);
        if (kind.options.weight) test.weight[69] = special;
        if (kind.options.bias) test.bias[1] = special;
        test.Set(1, 69, 0.0f);
        test.Set(1, 1, 0.0f);
        test.Run(context);
        test.Check();
      }
    }
  });
}

template <class T>
void CheckGoldenNorm(Norm norm, const std::string& name) {
  Random random(5);
  NormCase<T> plain(random, norm, 3, 130, {false, false}), weighted(random, norm, 9, 515, {true, false}, 3),
      biased(random, norm, 9, 63, {true, norm == Norm::kLayer}), split(random, norm, 41, 4100, {true, false});
  CheckGoldenOutputs(name, plain, weighted, biased, split);
  NormCase<T> special(random, norm, kSpecialRows, 65, {true, false});
  FillSpecialRows(random, special);
  CheckGoldenOutputs(name + "/special", special);
}

TEST_CASE("Norm: golden digests") {
  for (const Norm norm : {Norm::kRms, Norm::kLayer}) {
    const std::string name = norm == Norm::kRms ? "norm/rms/" : "norm/layer/";
    CheckGoldenNorm<float>(norm, name + "f32");
    CheckGoldenNorm<BFloat16>(norm, name + "bf16");
    CheckGoldenNorm<Float16>(norm, name + "f16");
  }
}

TEST_CASE("Norm: no rows, no columns") {
  Context context;
  const VectorView<const float> none;
  ISOQUANT_CHECK_OK(RmsNorm(context, MatrixView<const float>(nullptr, 0, 5), none, 0.0f, {nullptr, 0, 5}));
  ISOQUANT_CHECK_OK(RmsNorm(context, MatrixView<const float>(nullptr, 5, 0), none, 0.0f, {nullptr, 5, 0}));
  ISOQUANT_CHECK_OK(LayerNorm(context, MatrixView<const float>(nullptr, 0, 0), none, none, 0.0f, {nullptr, 0, 0}));
}

TEST_CASE("Norm: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(64, 1.0f), out(16, 7.0f);
  const MatrixView<const float> x(memory.data(), 2, 6, 7);
  const MatrixView<float> y(out.data(), 2, 6);
  const VectorView<const float> w(memory.data() + 32, 6), none;
  const auto rms = [&](const MatrixView<const float>& x_in, const VectorView<const float>& weight, float epsilon,
                       const MatrixView<float>& y_in) { return RmsNorm(context, x_in, weight, epsilon, y_in); };
  CheckRefused(rms(x, w, 0.0f, {out.data(), 3, 6}), Mismatch("y.rows", 3, "x.rows", 2));
  CheckRefused(rms(x, w, 0.0f, {out.data(), 2, 5}), Mismatch("y.cols", 5, "x.cols", 6));
  CheckRefused(rms(x, {w.data, 5}, 0.0f, y), Mismatch("weight.size", 5, "x.cols", 6));
  CheckRefused(rms(x, {nullptr, 6}, 0.0f, y), Null("weight", "x.cols", 6));
  CheckRefused(rms({nullptr, 2, 6}, w, 0.0f, y), NullMatrix("x", 12));
  CheckRefused(rms(x, w, 0.0f, {out.data(), 2, 6, 5}), StrideTooSmall("y", 5, 6));
  CheckRefused(rms({memory.data(), 2, 6, kHugeStride}, w, 0.0f, y), StrideTooLarge("x", 2, 6, sizeof(float)));
  // In place: at the same elements alone.
  CheckRefused(rms(x, w, 0.0f, {memory.data() + 1, 2, 6, 7}), Overlap("y", "x"));
  CheckRefused(rms(x, w, 0.0f, {memory.data(), 2, 6, 8}), Overlap("y", "x"));
  CheckRefused(rms({memory.data(), 2, 6}, {out.data() + 3, 6}, 0.0f, y), Overlap("y", "weight"));
  CheckRefused(LayerNorm(context, x, none, {w.data, 7}, 0.0f, y), Mismatch("bias.size", 7, "x.cols", 6));
  CheckRefused(LayerNorm(context, x, none, {out.data(), 6}, 0.0f, y), Overlap("y", "bias"));
  const float kInfinity = std::numeric_limits<float>::infinity();
  for (const float epsilon : {-1e-6f, kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    const Status status = rms(x, w, epsilon, y);
    CHECK(status.code() == StatusCode::kInvalidValue);
    CHECK(status.argument() == std::string("epsilon"));
    CHECK(LayerNorm(context, x, w, none, epsilon, y).code() == StatusCode::kInvalidValue);
  }
  CHECK(rms(x, w, -1.0f, y).ToString() == "epsilon is -1, expected at least 0 = 0");
  for (const float v : out) CHECK(v == 7.0f);
}

}  // namespace
}  // namespace isoquant
