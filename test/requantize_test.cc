// Tests of MatMul to 8-bit integers and of Requantize: the bytes of the scalar definition, on every tier.
#include "isoquant/requantize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr int32_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kIntMax = std::numeric_limits<int32_t>::max();

enum class Count { kNone, kOne, kEach };

struct Options {
  Count scales = Count::kEach;
  bool bias = true;
  Count a_zero_points = Count::kNone;
  bool special = false;  // scales: infinite, NaN, huge, tiny, negative, with ties
  bool limits = false;   // [min, max] is a part of the type
};

size_t SizeOf(Count count, size_t each) { return count == Count::kNone ? 0 : count == Count::kOne ? 1 : each; }

constexpr Options kOptions[] = {
    {Count::kEach, true, Count::kNone, false, false}, {Count::kOne, false, Count::kNone, false, true},
    {Count::kEach, false, Count::kOne, true, false},  {Count::kOne, true, Count::kEach, false, false},
    {Count::kEach, true, Count::kEach, true, true},   {Count::kOne, true, Count::kOne, false, true},
    {Count::kEach, false, Count::kNone, true, true},
};
constexpr size_t kNumOptions = sizeof(kOptions) / sizeof(kOptions[0]);

constexpr float kSpecialScales[] = {0.5f,       -0.5f,    1.0f,      0x1p-9f,   0.0f, -0.0f,     kInfinity, kNaN,
                                    -kInfinity, kLargest, -kLargest, 0x1p-140f, 3.5f, 0x1p-126f, 0x1p30f,   -0x1p-3f};

template <class A, class Q>
class Case final : public ProductCase<A, Q> {
 public:
  Case(const Shape& shape, const Options& options, uint64_t seed)
      : ProductCase<A, Q>(shape, seed),
        scales_(SizeOf(options.scales, shape.n)),
        bias_(options.bias ? shape.n : 0),
        a_zero_points_(SizeOf(options.a_zero_points, shape.m)) {
    constexpr int32_t kMin = std::numeric_limits<Q>::min(), kMax = std::numeric_limits<Q>::max();
    Random& random = this->random_;
    // Sums are about 100 * 100 * sqrt(k): a part of the outputs saturates at either end.
    const float usual = 200.0f / (12000.0f * std::sqrt(static_cast<float>(shape.k) + 1.0f));
    for (float& scale : scales_) {
      scale = options.special ? kSpecialScales[random.Below(16)] : usual * (random.Signed() + 0.25f);
    }
    for (int32_t& bias : bias_) bias = static_cast<int32_t>(random.Below(60000)) - 30000;
    for (int32_t& zero_point : a_zero_points_) {
      zero_point = std::numeric_limits<A>::min() + static_cast<int32_t>(random.Below(256));
    }
    r.scales = {scales_.data(), scales_.size()};
    r.bias = {bias_.data(), bias_.size()};
    r.a_zero_points = {a_zero_points_.data(), a_zero_points_.size()};
    // Both ends of the type, and what lies between.
    r.zero_point = seed % 3 == 0 ? kMin : seed % 3 == 1 ? kMax : kMin + static_cast<int32_t>(random.Below(256));
    if (options.limits) {
      r.min = seed % 2 == 0 ? r.zero_point : kMin + 7;
      r.max = kMax - 9 > r.min ? kMax - 9 : kMax;
    }
    sums_ = this->Sums(r.a_zero_points);
    ReferenceRequantize(MatrixView<const int32_t>(sums_.data(), shape.m, shape.n), r, this->expected());
  }

  void RunRows(Context& context, size_t step) {
    this->output().Clear();
    for (size_t row = 0; row < this->a().rows; row += step) {
      const size_t rows = std::min(step, this->a().rows - row);
      Requantization part = r;
      if (r.a_zero_points.size > 1) part.a_zero_points = {r.a_zero_points.data + row, rows};
      ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const A>(this->a().Rows(row, rows)), this->packed(), part,
                               this->c().Rows(row, rows)));
    }
    this->status_ = Status();
  }
  // The same outputs from sums.
  void RunRequantize(Context& context) {
    const size_t m = this->c().rows, n = this->c().cols;
    const GuardedMatrix<int32_t> sums(m, n, n + 1);
    for (size_t i = 0; i < sums_.size(); ++i) sums.at(i / n, i % n) = sums_[i];
    Requantization without = r;
    without.a_zero_points = {};
    this->output().Clear();
    this->status_ = Requantize(context, sums.const_view(), without, this->c());
  }

  Requantization r;

 private:
  Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
              const MatrixView<Q>& c) const override {
    return MatMul(context, a, b, r, c);
  }

  const Guarded<float> scales_;
  const Guarded<int32_t> bias_, a_zero_points_;
  std::vector<int32_t> sums_;
};

// Calls f(A(), Q()) for all types.
template <class F>
void ForEachTypes(const F& f) {
  f(int8_t(), int8_t());
  f(int8_t(), uint8_t());
  f(uint8_t(), int8_t());
  f(uint8_t(), uint8_t());
}

template <class A, class Q>
void CheckCase(const Shape& shape, const Options& options, uint64_t seed) {
  Case<A, Q> c(shape, options, seed);
  INFO(shape.m, " x ", shape.k, " x ", shape.n, " seed ", seed);
  ForEachTier([&](Context& context) {
    c.Run(context);
    c.Check();
    c.RunRequantize(context);
    c.Check();
  });
}

TEST_CASE("Requantization: shapes around the tiles, strides, all options") {
  constexpr size_t kRows[] = {1, 2, 5, 6, 7, 11, 12, 13, 25};
  constexpr size_t kCols[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 48, 65};
  constexpr size_t kDepths[] = {1, 3, 4, 17, 64, 129};
  uint64_t seed = 0;
  for (const size_t m : kRows) {
    for (const size_t n : kCols) {
      const size_t k = kDepths[seed % 6];
      const Shape shape{m, k, n, seed % 3};
      ForEachTypes([&](auto a, auto q) {
        CheckCase<decltype(a), decltype(q)>(shape, kOptions[seed % kNumOptions], seed);
        ++seed;
      });
    }
  }
}

// Tiles of 64, 32 and 16 columns, of short K and long; columns that end within 16; and up to four columns.
TEST_CASE("Requantization: many rows that are read in place") {
  for (const Shape& shape : {Shape{37, 24, 112}, Shape{36, 96, 96, 3}, Shape{25, 160, 97}, Shape{26, 60, 24},
                             Shape{31, 32, 40, 1}, Shape{27, 100, 120}, Shape{29, 28, 49, 2}, Shape{130, 64, 3},
                             Shape{45, 100, 1, 2}, Shape{33, 2052, 4}, Shape{128, 16, 2}, Shape{65, 68, 2, 1}}) {
    for (size_t i = 0; i < kNumOptions; ++i) {
      ForEachTypes([&](auto a, auto q) { CheckCase<decltype(a), decltype(q)>(shape, kOptions[i], i); });
    }
  }
}

TEST_CASE("Requantization: nothing to do, nothing to add up, several chunks of K") {
  for (const Shape& shape : {Shape{0, 0, 0}, Shape{0, 5, 7}, Shape{3, 5, 0}, Shape{5, 0, 40}, Shape{30, 0, 33},
                             Shape{2, 5000, 40}, Shape{30, 9001, 35, 1}}) {
    for (size_t i = 0; i < kNumOptions; ++i) {
      ForEachTypes([&](auto a, auto q) { CheckCase<decltype(a), decltype(q)>(shape, kOptions[i], i); });
    }
  }
}

TEST_CASE("Requantization: plain weights, one row at a time, any number of workers, any float settings") {
  for (size_t i = 0; i < kNumOptions; ++i) {
    Case<uint8_t, int8_t> c({70, 130, 47, 3}, kOptions[i], i);
    Case<int8_t, uint8_t> large({330, 300, 170}, kOptions[i], i + 1);  // as in dequantization_test.cc
    ForEachTier([&](Context& tier) {
      c.RunPlain(tier);
      c.Check();
      for (const size_t step : {size_t{1}, size_t{13}}) {
        c.RunRows(tier, step);
        c.Check();
      }
      ForEachFloatSettings([&](const auto& under_settings) {
        under_settings([&] { c.Run(tier); });
        c.Check();
        under_settings([&] { c.RunRequantize(tier); });
        c.Check();
      });
    });
    ForEachTierOn<UnusualExecutor>({2, 5}, [&](Context& context, const UnusualExecutor& executor) {
      large.Run(context);
      large.Check();
      large.RunRequantize(context);
      large.Check();
      CHECK(executor.kept());
      CHECK(executor.most_tasks() >= 2);
    });
  }
}

// ---- What the header says, by values written here.

template <class Q>
void CheckValues(Context& context, const Requantization& r, const std::vector<int32_t>& sums,
                 const std::vector<int32_t>& expected) {
  std::vector<Q> c(sums.size());
  ISOQUANT_CHECK_OK(Requantize(context, MatrixView<const int32_t>(sums.data(), 1, sums.size()), r,
                               MatrixView<Q>(c.data(), 1, c.size())));
  for (size_t i = 0; i < c.size(); ++i) {
    INFO("element ", i, " sum ", sums[i]);
    CHECK(int32_t{c[i]} == expected[i]);
  }
}

TEST_CASE("Requantization: ties, saturation, zero points at the ends") {
  const float half = 0.5f, minus_one = -1.0f;
  // Twice, so that they fill a vector of any target.
  std::vector<int32_t> sums = {0,   1,   2,   3,   5,    -1,   -2,   -3,   -5,      253,
                               254, 255, 256, 257, -255, -256, -257, -258, kIntMin, kIntMax};
  const size_t size = sums.size();
  sums.insert(sums.end(), sums.begin(), sums.end());
  const auto twice = [&](std::vector<int32_t> v) {
    REQUIRE(v.size() == size);
    v.insert(v.end(), v.begin(), v.end());
    return v;
  };
  ForEachTier([&](Context& context) {
    Requantization r;
    r.scales = {&half, 1};
    CheckValues<int8_t>(context, r, sums, twice({0,   0,   1,   2,   2,    0,    -1,   -2,   -2,   126,
                                                 127, 127, 127, 127, -128, -128, -128, -128, -128, 127}));
    r.zero_point = 3;  // odd: ties are to even before it is added
    CheckValues<int8_t>(context, r, sums,
                        twice({3, 3, 4, 5, 5, 3, 2, 1, 1, 127, 127, 127, 127, 127, -125, -125, -125, -126, -128, 127}));
    r.zero_point = -128;
    CheckValues<int8_t>(context, r, sums, twice({-128, -128, -127, -126, -126, -128, -128, -128, -128, -2,
                                                 -1,   0,    0,    0,    -128, -128, -128, -128, -128, 127}));
    r.zero_point = 127;
    r.min = -1;  // and max beyond the type
    r.max = 500;
    CheckValues<int8_t>(context, r, sums, twice({127, 127, 127, 127, 127, 127, 126, 125, 125, 127,
                                                 127, 127, 127, 127, -1,  -1,  -1,  -1,  -1,  127}));
    r = Requantization();
    r.scales = {&minus_one, 1};
    r.zero_point = 255;
    CheckValues<uint8_t>(context, r, sums, twice({255, 254, 253, 252, 250, 255, 255, 255, 255, 2,
                                                  1,   0,   0,   0,   255, 255, 255, 255, 255, 0}));
    r.min = r.max = 7;
    CheckValues<uint8_t>(context, r, sums, std::vector<int32_t>(sums.size(), 7));
    // 1/2 less the least: a half added to it is 1.
    const float below_half = 0x1.fffffep-2f;
    r = Requantization();
    r.scales = {&below_half, 1};
    CheckValues<int8_t>(context, r, std::vector<int32_t>(33, 1), std::vector<int32_t>(33, 0));
    CheckValues<int8_t>(context, r, std::vector<int32_t>(33, -1), std::vector<int32_t>(33, 0));
    CheckValues<int8_t>(context, r, std::vector<int32_t>(33, 3), std::vector<int32_t>(33, 1));
  });
}

TEST_CASE("Requantization: NaN becomes the zero point, infinities saturate") {
  const std::vector<int32_t> sums = {0, 1, -1, 100, kIntMin, kIntMax, 0, 5};
  ForEachTier([&](Context& context) {
    for (const uint32_t bits : {0x7fc00000u, 0xffc12345u, 0x7f800001u, 0xff923456u}) {
      const float nan = FromBits(bits);
      Requantization r;
      r.scales = {&nan, 1};
      r.zero_point = 42;
      CheckValues<uint8_t>(context, r, sums, std::vector<int32_t>(sums.size(), 42));
      r.max = 40;  // the value next to it
      CheckValues<uint8_t>(context, r, sums, std::vector<int32_t>(sums.size(), 40));
    }
    for (const float infinite : {kInfinity, kLargest}) {
      const float negative = -infinite;
      Requantization r;
      r.scales = {&infinite, 1};
      r.zero_point = -7;
      CheckValues<int8_t>(context, r, sums, {-7, 127, -128, 127, -128, 127, -7, 127});
      r.scales = {&negative, 1};
      CheckValues<int8_t>(context, r, sums, {-7, -128, 127, -128, 127, -128, -7, -128});
    }
  });
}

// ---- Errors

TEST_CASE("Requantization: errors name the argument and write nothing") {
  Case<uint8_t, int8_t> c({3, 8, 5, 2}, {Count::kEach, true, Count::kEach, false, false}, 2);
  const std::string name = "requantization.";
  const std::string at_least = "at least the smallest value of c's type",
                    at_most = "at most the largest value of c's type";
  struct Range {
    int32_t min, max;
    Refusal refusal;
  };
  const Range ranges[] = {
      {1, 0, InvalidInteger(name + "min", 1, "at most requantization.max", 0)},
      {kIntMax, kIntMin, InvalidInteger(name + "min", kIntMax, "at most requantization.max", kIntMin)},
      {128, 300, InvalidInteger(name + "min", 128, at_most, 127)},
      {kIntMax, kIntMax, InvalidInteger(name + "min", kIntMax, at_most, 127)},
      {-300, -129, InvalidInteger(name + "max", -129, at_least, -128)},
      {kIntMin, kIntMin, InvalidInteger(name + "max", kIntMin, at_least, -128)},
  };
  // Of both functions.
  std::vector<Fault<Requantization>> faults = {
      {[](Requantization& r) { r.scales.size = 4; }, Mismatch(name + "scales.size", 4, "c.cols", 5)},
      {[](Requantization& r) { r.scales = {}; }, Mismatch(name + "scales.size", 0, "c.cols", 5)},
      {[](Requantization& r) { r.scales.data = nullptr; }, Null(name + "scales", "c.cols", 5)},
      {[](Requantization& r) { r.bias.size = 1; }, Mismatch(name + "bias.size", 1, "c.cols", 5)},
      {[](Requantization& r) { r.bias.data = nullptr; }, Null(name + "bias", "c.cols", 5)},
  };
  for (const int32_t z : {-129, 128, kIntMin, kIntMax}) {
    const std::string zero_point = name + "zero_point";
    faults.push_back({[=](Requantization& r) { r.zero_point = z; }, z < 0
                                                                        ? InvalidInteger(zero_point, z, at_least, -128)
                                                                        : InvalidInteger(zero_point, z, at_most, 127)});
  }
  for (const Range& range : ranges) {
    faults.push_back({[&range](Requantization& r) { r.min = range.min, r.max = range.max; }, range.refusal});
  }
  const Fault<Requantization> faults_of_zero_points[] = {
      {[](Requantization& r) { r.a_zero_points.size = 2; }, Mismatch(name + "a_zero_points.size", 2, "a.rows", 3)},
      {[](Requantization& r) { r.a_zero_points.data = nullptr; }, Null(name + "a_zero_points", "a.rows", 3)},
  };
  const MatrixView<const uint8_t> a(c.a());
  const MatrixView<int8_t> out(c.c());
  std::vector<int32_t> sums_data(3 * 5);
  const MatrixView<const int32_t> sums(sums_data.data(), 3, 5);
  c.output().Clear();
  ForEachTier([&](Context& context) {
    for (const Fault<Requantization>& fault : faults) {
      Requantization r = c.r;
      fault.change(r);
      CheckRefused(MatMul(context, a, c.packed(), r, out), fault.refusal);
      r.a_zero_points = {};  // as most calls have it
      CheckRefused(MatMul(context, a, c.packed(), r, out), fault.refusal);
      CheckRefused(Requantize(context, sums, r, out), fault.refusal);
    }
    for (const Fault<Requantization>& fault : faults_of_zero_points) {
      Requantization r = c.r;
      fault.change(r);
      CheckRefused(MatMul(context, a, c.packed(), r, out), fault.refusal);
    }
    c.CheckOperandErrors(context, {"a", "b", "b's K", "b's N", "c"});
    // Vectors that lie in c.
    Requantization r = c.r;
    std::vector<float> memory(16);
    r.scales = {memory.data(), 5};
    CheckRefused(MatMul(context, a, c.packed(), r, {reinterpret_cast<int8_t*>(memory.data()), 3, 5}),
                 Overlap("c", name + "scales"));
    r.a_zero_points = {};
    CheckRefused(MatMul(context, a, c.packed(), r, {reinterpret_cast<int8_t*>(memory.data()), 3, 5}),
                 Overlap("c", name + "scales"));
    r.scales = c.r.scales;
    r.bias = {reinterpret_cast<const int32_t*>(memory.data()), 5};
    CheckRefused(MatMul(context, a, c.packed(), r, {reinterpret_cast<int8_t*>(memory.data()), 3, 5}),
                 Overlap("c", name + "bias"));

    CheckRefused(Requantize(context, sums, c.r, out), Mismatch(name + "a_zero_points.size", 3, "that of none", 0));
    CheckRefused(Requantize(context, sums, c.r, {out.data, 3, 4, out.row_stride}),
                 Mismatch("c.cols", 4, "sums.cols", 5));
    CheckRefused(Requantize(context, sums, c.r, {reinterpret_cast<int8_t*>(sums_data.data()), 3, 5}),
                 Overlap("c", "sums"));
    CHECK(c.output().IsUntouched());
  });
}

// ---- Golden digests

TEST_CASE("Requantization: golden digests") {
  for (size_t i = 0; i < kNumOptions; ++i) {
    ForEachTypes([&](auto a, auto q) {
      Case<decltype(a), decltype(q)> c({97, 301, 110}, kOptions[i], 20 + i);
      const std::string types =
          std::string(std::is_signed_v<decltype(a)> ? "s8" : "u8") + (std::is_signed_v<decltype(q)> ? "s8" : "u8");
      CheckGoldenOutputs("requantize/" + types + "/" + std::to_string(i), c);
    });
  }
}

}  // namespace
}  // namespace isoquant
