// Tests of RmsNormQuantize: what RmsNorm and QuantizeRows, one after the other, write, on every tier.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/norm.h"
#include "isoquant/quantize.h"
#include "test/float_rows.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

template <class T>
struct QuantizedNormCase {
  using Stored = StorageOf<T>;

  QuantizedNormCase(Random& random, size_t rows, size_t cols, bool has_weight, size_t gap)
      : x(rows, cols, cols + gap), q(rows, cols, cols + 2 * gap), weight(has_weight ? cols : 0), scales(rows) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) x.at(r, c) = ReferenceFromF32<T>(random.Signed() * 3.0f);
    }
    for (float& v : weight) v = random.Signed() * 2.0f;
    // NaN, infinities, all zero, huge.
    if (rows > 4 && cols > 0) {
      const float kNaN = std::numeric_limits<float>::quiet_NaN();
      x.at(0, cols - 1) = ReferenceFromF32<T>(kNaN);
      x.at(1, cols / 2) = ReferenceFromF32<T>(std::numeric_limits<float>::infinity());
      for (size_t c = 0; c < cols; ++c) x.at(2, c) = ReferenceFromF32<T>(0.0f);
      for (size_t c = 0; c < cols; ++c) x.at(3, c) = ReferenceFromF32<T>((std::numeric_limits<float>::max)());
    }
  }

  VectorView<const float> Weight() const { return {weight.data(), weight.size()}; }
  void Run(Context& context) {
    ISOQUANT_CHECK_OK(RmsNormQuantize(context, MatrixView<const T>(ViewAs<T>(x.view())), Weight(), 1e-5f, q.view(),
                                      {scales.data(), scales.size()}));
  }
  void Check() const {
    Context context;
    const size_t rows = x.view().rows, cols = x.view().cols;
    GuardedMatrix<Stored> y(rows, cols);
    GuardedMatrix<float> wide(rows, cols);
    GuardedMatrix<int8_t> expected(rows, cols);
    std::vector<float> expected_scales(rows);
    ISOQUANT_CHECK_OK(RmsNorm(context, MatrixView<const T>(ViewAs<T>(x.view())), Weight(), 1e-5f, ViewAs<T>(y.view())));
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) wide.at(r, c) = ReferenceToF32<T>(y.at(r, c));
    }
    ISOQUANT_CHECK_OK(QuantizeRows(context, wide.const_view(), expected.view(), {expected_scales.data(), rows}));
    CHECK(FirstDifference(scales.data(), expected_scales.data(), rows) == rows);
    for (size_t r = 0; r < rows; ++r) {
      CHECK(FirstDifference(q.view().Row(r), expected.view().Row(r), cols) == cols);
    }
  }
  const GuardedMatrix<int8_t>& output() const { return q; }

  GuardedMatrix<Stored> x;
  GuardedMatrix<int8_t> q;
  Guarded<float> weight, scales;
};

TEST_CASE_TEMPLATE("RmsNormQuantize: is RmsNorm, then QuantizeRows", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(1);
    for (size_t n = 0; n <= 200; n += n < 70 ? 1 : 13) {
      CAPTURE(n);
      QuantizedNormCase<T> test(random, 6, n, n % 3 != 0, n % 4);
      test.Run(context);
      test.Check();
    }
    QuantizedNormCase<T> test(random, 2, 8192, true, 0);
    test.Run(context);
    test.Check();
  });
}

template <class T>
void CheckGoldenQuantized(const std::string& name) {
  Random random(2);
  QuantizedNormCase<T> small(random, 9, 131, true, 3), split(random, 41, 4100, true, 0);
  CheckGoldenOutputs("norm/rms_quantize/" + name, small, split);
}

TEST_CASE("RmsNormQuantize: golden digests") {
  CheckGoldenQuantized<float>("f32");
  CheckGoldenQuantized<BFloat16>("bf16");
  CheckGoldenQuantized<Float16>("f16");
}

TEST_CASE("RmsNormQuantize: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(32, 1.0f), scales(2, 7.0f);
  std::vector<int8_t> out(12, 7);
  const MatrixView<const float> x(memory.data(), 2, 6);
  const MatrixView<int8_t> q(out.data(), 2, 6);
  const VectorView<const float> weight(memory.data() + 16, 6);
  const VectorView<float> s(scales.data(), 2);
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, {out.data(), 2, 5}, s), Mismatch("q.cols", 5, "x.cols", 6));
  CheckRefused(RmsNormQuantize(context, x, {weight.data, 5}, 0.0f, q, s), Mismatch("weight.size", 5, "x.cols", 6));
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, q, {scales.data(), 1}),
               Mismatch("scales.size", 1, "x.rows", 2));
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, q, {nullptr, 2}), Null("scales", "x.rows", 2));
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, q, {memory.data() + 3, 2}), Overlap("scales", "x"));
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, q, {memory.data() + 16, 2}), Overlap("scales", "weight"));
  CheckRefused(RmsNormQuantize(context, x, weight, 0.0f, {reinterpret_cast<int8_t*>(memory.data() + 16), 2, 6}, s),
               Overlap("q", "weight"));
  CHECK(RmsNormQuantize(context, x, weight, -1.0f, q, s).code() == StatusCode::kInvalidValue);
  for (const float v : scales) CHECK(v == 7.0f);
  for (const int8_t v : out) CHECK(v == 7);
}

}  // namespace
}  // namespace isoquant
