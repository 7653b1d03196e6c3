// Tests of RationalSigmoid: every tier and number of workers against the definition, and against the true values.
#include "isoquant/rational_sigmoid.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

float Reference(float x) {
  if (x != x) return OneNaN(x);
  const float v = x < -18.0f ? -18.0f : x > 18.0f ? 18.0f : x, s = Rounded(v * v);
  float p = 4.37031012579801e-11f;
  for (const float a : {1.15627324459942e-07f, 6.08574864600143e-05f, 8.51377133304701e-03f, 2.48287947061529e-01f}) {
    p = std::fma(p, s, a);
  }
  float q = 6.10247389755681e-13f;
  for (const float b : {5.76102136993427e-09f, 6.29106785017040e-06f, 1.70198817374094e-03f, 1.16817656904453e-01f,
                        9.93151921023180e-01f}) {
    q = std::fma(q, s, b);
  }
  const float y = Rounded(Rounded(Rounded(p * v) / q) + 0.5f);
  return y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y;
}

class Sigmoids {
 public:
  Sigmoids(Random& random, size_t rows, size_t cols, size_t stride)
      : x_(rows, cols, stride), y_(rows, cols, stride + 2) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) {
        const float value = random.Below(9) == 0 ? SpecialFloat(random) : random.Signed() * 22.0f;
        x_.view().Row(r)[c] = value;
        y_.expected().Row(r)[c] = Reference(value);
      }
    }
  }
  void Check(Context& context) {
    y_.Clear();
    ISOQUANT_CHECK_OK(RationalSigmoid(context, x_.view(), y_.view()));
    y_.Check();
  }
  const Output<float>& y() const { return y_; }

 private:
  Output<float> x_;
  Output<float> y_;
};

TEST_CASE("RationalSigmoid: shapes, workers, golden digest") {
  Random random(71);
  Sigmoids row(random, 1, 100003, 100003), narrow(random, 31, 17, 20), one(random, 1, 1, 1), none(random, 0, 5, 5);
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    Digest digest;
    for (Sigmoids* s : {&row, &narrow, &one, &none}) {
      s->Check(context);
      digest.Add(s->y().view());
    }
    CheckGolden("rational_sigmoid", digest.value());
  });
  ForEachTierOn<UnusualExecutor>({1, 2}, [&](Context& context, const UnusualExecutor&) { narrow.Check(context); });
}

TEST_CASE("RationalSigmoid: close to the sigmoid, in place, at its ends") {
  Context context;
  std::vector<float> x;
  for (int i = -25000; i <= 25000; ++i) x.push_back(static_cast<float>(i) * 0.001f);
  std::vector<float> y = x;
  ISOQUANT_CHECK_OK(RationalSigmoid(context, {y.data(), 1, y.size()}, {y.data(), 1, y.size()}));
  double worst = 0.0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = std::abs(static_cast<double>(y[i]) - 1.0 / (1.0 + std::exp(-static_cast<double>(x[i]))));
    worst = error > worst ? error : worst;
  }
  CHECK(worst < 0x1p-22);
  constexpr float kInf = std::numeric_limits<float>::infinity();
  float ends[4] = {kInf, -kInf, 0.0f, -0.0f};
  ISOQUANT_CHECK_OK(RationalSigmoid(context, {ends, 1, 4}, {ends, 1, 4}));
  CHECK(ends[0] == 1.0f);
  CHECK(ends[1] == 0.0f);
  CHECK(ends[2] == 0.5f);
  CHECK(ends[3] == 0.5f);
}

TEST_CASE("RationalSigmoid: errors name the argument and write nothing") {
  Context context;
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {7, 7, 7, 7, 7, 7};
  CheckRefused(RationalSigmoid(context, {x, 2, 3}, {y, 1, 3}), Mismatch("y.rows", 1, "x.rows", 2));
  CheckRefused(RationalSigmoid(context, {x, 2, 3}, {y, 2, 2}), Mismatch("y.cols", 2, "x.cols", 3));
  CheckRefused(RationalSigmoid(context, {x, 2, 3}, {nullptr, 2, 3}), NullMatrix("y", 6));
  CheckRefused(RationalSigmoid(context, {x, 1, 4}, {x + 1, 1, 4}), Overlap("y", "x"));
  for (const float value : y) CHECK(value == 7.0f);
}

}  // namespace
}  // namespace isoquant
