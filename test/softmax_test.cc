// Tests of softmax.h: bytes against the scalar definition, on every tier, for lengths around vectors and virtual lanes,
// masks, strides, in place, and rows of special values; and the error against f64.
#include "isoquant/softmax.h"

#include <algorithm>
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

// exp as activation.h has it, for x <= 0 or NaN.
float ExpReference(float x) {
  if (x != x) return x;
  constexpr float kBias = 1.5f * 8388608.0f + 254.0f, kRest = -0x1.05c610p-29f;
  x = x < -104.0f ? -104.0f : x;
  volatile float t = std::fma(x, 0x1.715476p+0f, kBias);
  const float n = t - kBias;
  const float r = std::fma(n, -kRest, std::fma(n, -0x1.62e430p-1f, x));
  float p = std::fma(r, 0x1.6a246cp-10f, 0x1.1239d4p-7f);
  for (const float c : {0x1.5558f0p-5f, 0x1.555492p-3f, 0x1.fffffcp-2f, 1.0f}) p = std::fma(p, r, c);
  return static_cast<float>(std::ldexp(double{std::fma(p, r, 1.0f)}, static_cast<int>(n)));
}

void SoftmaxReference(const float* x, size_t n, float scale, float* y) {
  if (n == 0) return;
  float extreme = x[0];
  for (size_t i = 0; i < n; ++i) {
    if (scale < 0.0f ? x[i] < extreme : x[i] > extreme || extreme != extreme) extreme = x[i];
  }
  for (size_t i = 0; i < n; ++i) {
    volatile float difference = x[i] - extreme;
    y[i] = ExpReference(difference * scale);
  }
  const float inverse = 1.0f / SumReference(n, [&](size_t i, float lane) { return lane + y[i]; });
  for (size_t i = 0; i < n; ++i) y[i] = y[i] * inverse;
}

template <class T>
struct SoftmaxCase {
  using Stored = StorageOf<T>;

  SoftmaxCase(Random& random, size_t rows, size_t cols, float scale_in, size_t gap = 0)
      : scale(scale_in), x(rows, cols, cols + gap), y(rows, cols, cols + 2 * gap), lengths(rows) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) Set(r, c, random.Signed() * 8.0f);
      lengths[r] = static_cast<int32_t>(r % 3 == 0 ? cols : random.Below(cols + 1));
    }
  }

  void Set(size_t r, size_t c, float v) const { x.at(r, c) = ReferenceFromF32<T>(v); }
  Status Call(Context& context, const MatrixView<Stored>& from, const MatrixView<Stored>& to) const {
    const MatrixView<const T> x_view(ViewAs<T>(from));
    if (!masked) return Softmax(context, x_view, scale, ViewAs<T>(to));
    return Softmax(context, x_view, scale, {lengths.data(), lengths.size()}, ViewAs<T>(to));
  }
  void Run(Context& context) { ISOQUANT_CHECK_OK(Call(context, x.view(), y.view())); }
  void Check() const { CheckAgainst(y); }
  void CheckAgainst(const GuardedMatrix<Stored>& actual) const {
    const size_t cols = x.view().cols;
    for (size_t r = 0; r < x.view().rows; ++r) {
      std::vector<float> row(cols), expected(cols);
      std::vector<Stored> stored(cols);
      for (size_t c = 0; c < cols; ++c) row[c] = ReferenceToF32<T>(x.at(r, c));
      SoftmaxReference(row.data(), masked ? static_cast<size_t>(lengths[r]) : cols, scale, expected.data());
      for (size_t c = 0; c < cols; ++c) stored[c] = ReferenceFromF32<T>(expected[c]);
      CHECK(FirstDifference(actual.view().Row(r), stored.data(), cols) == cols);
    }
  }
  const GuardedMatrix<Stored>& output() const { return y; }

  float scale;
  bool masked = false;
  GuardedMatrix<Stored> x, y;
  std::vector<int32_t> lengths;
};

TEST_CASE_TEMPLATE("Softmax: rows of every length around vectors and lanes", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(1);
    for (size_t n = 0; n <= 132; ++n) {
      CAPTURE(n);
      SoftmaxCase<T> test(random, 2, n, n % 2 == 0 ? 0.7f : -1.3f);
      test.Run(context);
      test.Check();
    }
    for (const size_t n : std::initializer_list<size_t>{255, 256, 257, 1000, 4097}) {
      SoftmaxCase<T> test(random, 1, n, 1.0f);
      test.Run(context);
      test.Check();
    }
  });
}

TEST_CASE_TEMPLATE("Softmax: masks, strides, in place", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(2);
    for (const bool masked : {false, true}) {
      SoftmaxCase<T> test(random, 9, 67, 0.125f, 3);
      test.masked = masked;
      test.lengths[1] = 0;
      test.lengths[2] = 1;
      for (size_t c = 3; c < 67; ++c) {  // what a mask hides is not read
        test.lengths[4] = 3;
        if (masked) test.Set(4, c, std::numeric_limits<float>::quiet_NaN());
      }
      test.Run(context);
      test.Check();
      GuardedMatrix<StorageOf<T>> both(9, 67, 70);
      std::memcpy(both.buffer().data(), test.x.buffer().data(), both.buffer().size() * sizeof(StorageOf<T>));
      ISOQUANT_CHECK_OK(test.Call(context, both.view(), both.view()));
      test.CheckAgainst(both);
    }
  });
}

template <class T>
void FillSpecialRows(Random& random, const SoftmaxCase<T>& test) {
  const float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  const float kMax = (std::numeric_limits<float>::max)();
  const size_t cols = test.x.view().cols;
  for (size_t r = 0; r < kSpecialRows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      const float v = random.Signed(), sign = c % 3 == 0 ? -1.0f : 1.0f;
      const float values[] = {0.0f,
                              sign * 0.0f,
                              -1.7f,
                              sign * kMax,
                              kMax,
                              v * 1e-40f,
                              v * 200.0f,
                              v * 1e5f,
                              -kInfinity,
                              kInfinity,
                              v,
                              v,
                              v,
                              c % 2 == 0 ? v : -kInfinity,
                              sign * kInfinity};
      test.Set(r, c, values[r]);
    }
  }
  test.Set(10, cols / 2, kNaN);
  test.Set(11, cols - 1, -kNaN);
  test.Set(12, 0, kInfinity);
}

TEST_CASE_TEMPLATE("Softmax: rows of equal, huge, subnormal and not finite numbers", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(3);
    for (const size_t n : std::initializer_list<size_t>{1, 2, 17, 64, 65, 200}) {
      for (const float scale : {1.0f, -1.0f, 0.0f, 1e-30f, (std::numeric_limits<float>::max)()}) {
        SoftmaxCase<T> test(random, kSpecialRows, n, scale);
        FillSpecialRows(random, test);
        test.Run(context);
        test.Check();
      }
    }
  });
}

template <class T>
void CheckGoldenSoftmax(const std::string& name) {
  Random random(5);
  SoftmaxCase<T> plain(random, 3, 130, 1.0f), masked(random, 20, 131, 0.125f, 3), split(random, 41, 4100, -0.5f),
      special(random, kSpecialRows, 65, 0.5f);
  masked.masked = true;
  FillSpecialRows(random, special);
  CheckGoldenOutputs("softmax/" + name, plain, masked, split, special);
}

TEST_CASE("Softmax: golden digests") {
  CheckGoldenSoftmax<float>("f32");
  CheckGoldenSoftmax<BFloat16>("bf16");
  CheckGoldenSoftmax<Float16>("f16");
}

TEST_CASE("Softmax: the error is within the bound of the header") {
  Context context;
  Random random(6);
  for (const size_t n : std::initializer_list<size_t>{2, 64, 1000, 8192}) {
    for (const float scale : {0.125f, 1.0f, 10.0f}) {
      SoftmaxCase<float> test(random, 4, n, scale);
      test.Run(context);
      for (size_t r = 0; r < 4; ++r) {
        const float* const x = test.x.view().Row(r);
        // (Not by a loop of fmax: g++ 12 for AArch64 crashes on that.)
        const double extreme = *std::max_element(x, x + n);
        double sum = 0.0, total = 0.0;
        for (size_t c = 0; c < n; ++c) sum += std::exp((x[c] - extreme) * double{scale});
        size_t wrong = 0;
        for (size_t c = 0; c < n; ++c) {
          const double exponent = (x[c] - extreme) * double{scale}, exact = std::exp(exponent) / sum;
          const double y = double{test.y.at(r, c)};
          total += y;
          const double bound = (2.0 * std::fabs(exponent) + 8.0) * 0x1p-24 * exact;
          if (exact >= 1.2e-38 && !(std::fabs(y - exact) <= bound && y >= 0.0 && y <= 1.0)) ++wrong;
        }
        CHECK(wrong == 0);
        CHECK(std::fabs(total - 1.0) < 1e-6);
      }
    }
  }
}

TEST_CASE("Softmax: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(64, 1.0f), out(16, 7.0f);
  const MatrixView<const float> x(memory.data(), 2, 6, 7);
  const MatrixView<float> y(out.data(), 2, 6);
  const int32_t right[2] = {0, 6}, negative[2] = {3, -1}, large[2] = {7, 0};
  CheckRefused(Softmax(context, x, 1.0f, {out.data(), 3, 6}), Mismatch("y.rows", 3, "x.rows", 2));
  CheckRefused(Softmax(context, {nullptr, 2, 6}, 1.0f, y), NullMatrix("x", 12));
  CheckRefused(Softmax(context, x, 1.0f, {memory.data() + 1, 2, 6, 7}), Overlap("y", "x"));
  CheckRefused(Softmax(context, x, 1.0f, {right, 1}, y), Mismatch("lengths.size", 1, "x.rows", 2));
  CheckRefused(Softmax(context, x, 1.0f, {nullptr, 2}, y), Null("lengths", "x.rows", 2));
  CheckRefused(Softmax(context, x, 1.0f, {negative, 2}, y), InvalidInteger("a length", -1, "at least 0", 0));
  CheckRefused(Softmax(context, x, 1.0f, {large, 2}, y), InvalidInteger("a length", 7, "at most x.cols", 6));
  const float kInfinity = std::numeric_limits<float>::infinity();
  for (const float scale : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    const Status status = Softmax(context, x, scale, y);
    CHECK(status.code() == StatusCode::kInvalidValue);
    CHECK(status.argument() == std::string("scale"));
  }
  for (const float v : out) CHECK(v == 7.0f);
  ISOQUANT_CHECK_OK(Softmax(context, MatrixView<const float>(nullptr, 0, 6), 1.0f, {nullptr, 0, 6}));
  ISOQUANT_CHECK_OK(Softmax(context, x, 1.0f, {right, 2}, y));
  CHECK(out[0] == 0.0f);
}

}  // namespace
}  // namespace isoquant
