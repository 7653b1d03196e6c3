// Tests of MatMul and Requantize by fixed-point multipliers: the bytes of TFLite's formulas, on every tier.
#include "isoquant/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
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

constexpr int32_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr FixedPointRounding kRoundings[] = {FixedPointRounding::kDouble, FixedPointRounding::kSingle};

// ---- The formulas as they are published: the nudge and the truncating division, the remainder and its threshold.

int32_t ReferenceDoublingHigh(int32_t x, int32_t multiplier) {
  const int64_t product = int64_t{x} * multiplier;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));  // towards zero
}

int32_t ReferenceDivideByPower(int32_t x, int exponent) {
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t remainder = x & mask, threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<int32_t>((x >> exponent) + (remainder > threshold ? 1 : 0));
}

int32_t ReferenceMultiply(int32_t t, int32_t multiplier, int shift, FixedPointRounding rounding) {
  if (rounding == FixedPointRounding::kSingle) {
    const int total = 31 - shift;
    return static_cast<int32_t>((int64_t{t} * multiplier + (int64_t{1} << (total - 1))) >> total);
  }
  const int left = std::max(shift, 0), right = std::max(-shift, 0);
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(t) << left);
  return ReferenceDivideByPower(ReferenceDoublingHigh(shifted, multiplier), right);
}

template <class Q>
void Reference(MatrixView<const int32_t> sums, const FixedPointRequantization& r, MatrixView<Q> c) {
  for (size_t m = 0; m < c.rows; ++m) {
    for (size_t n = 0; n < c.cols; ++n) {
      const uint32_t bias = static_cast<uint32_t>(OneOrEach(r.bias, n));
      const int32_t t = static_cast<int32_t>(static_cast<uint32_t>(sums.Row(m)[n]) + bias);
      int64_t v = ReferenceMultiply(t, OneOrEach(r.multipliers, n), OneOrEach(r.shifts, n), r.rounding);
      v += r.zero_point;
      v = std::max<int64_t>({v, r.min, std::numeric_limits<Q>::min()});
      v = std::min<int64_t>({v, r.max, std::numeric_limits<Q>::max()});
      c.Row(m)[n] = static_cast<Q>(v);
    }
  }
}

// ---- Products

enum class Count { kNone, kOne, kEach };
size_t SizeOf(Count count, size_t each) { return count == Count::kNone ? 0 : count == Count::kOne ? 1 : each; }

struct Options {
  Count multipliers, shifts;
  bool bias;
  Count a_zero_points, b_zero_points;
  bool special;  // multipliers and shifts: of the whole range, its ends among them
  bool limits;   // [min, max] is a part of the type
};
constexpr Options kOptions[] = {
    {Count::kEach, Count::kEach, true, Count::kNone, Count::kNone, false, false},
    {Count::kOne, Count::kOne, false, Count::kOne, Count::kNone, false, true},
    {Count::kEach, Count::kOne, true, Count::kEach, Count::kNone, false, false},
    {Count::kOne, Count::kEach, false, Count::kOne, Count::kEach, true, true},
    {Count::kEach, Count::kEach, true, Count::kEach, Count::kOne, true, false},
    {Count::kEach, Count::kEach, false, Count::kNone, Count::kEach, false, true},
};
constexpr size_t kNumOptions = sizeof(kOptions) / sizeof(kOptions[0]);

int32_t SpecialMultiplier(Random& random) {
  constexpr int32_t kSpecial[] = {0, 1, 2, 3, 1 << 30, (1 << 30) + 1, kIntMax - 1, kIntMax};
  const uint64_t bits = random();
  return (bits & 1) != 0 ? kSpecial[bits >> 1 & 7] : static_cast<int32_t>(bits >> 33);
}
int8_t SpecialShift(Random& random) {
  constexpr int8_t kSpecial[] = {-31, -30, -1, 0, 1, 29, 30, -16};
  const uint64_t bits = random();
  if ((bits & 1) != 0) return kSpecial[bits >> 1 & 7];
  return static_cast<int8_t>(static_cast<int>(bits >> 8 & 0xff) % 62 - 31);
}

template <class A, class Q, class B = int8_t>
class Case final : public ProductCase<A, Q, B> {
 public:
  Case(const Shape& shape, const Options& options, uint64_t seed)
      : ProductCase<A, Q, B>(shape, seed),
        multipliers_(SizeOf(options.multipliers, shape.n)),
        shifts_(SizeOf(options.shifts, shape.n)),
        bias_(options.bias ? shape.n : 0),
        a_zero_points_(SizeOf(options.a_zero_points, shape.m)),
        b_zero_points_(SizeOf(options.b_zero_points, shape.n)) {
    constexpr int32_t kMin = std::numeric_limits<Q>::min(), kMax = std::numeric_limits<Q>::max();
    Random& random = this->random_;
    // Sums are about 100 * 100 * sqrt(k): a part of the outputs saturates at either end.
    const int usual = -7 - static_cast<int>(std::log2(static_cast<double>(shape.k) + 1.0) / 2);
    for (int32_t& multiplier : multipliers_) {
      multiplier = options.special ? SpecialMultiplier(random) : static_cast<int32_t>(1u << 30 | random() >> 34);
    }
    for (int8_t& shift : shifts_) {
      const int near = usual + static_cast<int>(random.Below(4));
      shift = options.special ? SpecialShift(random) : static_cast<int8_t>(near);
    }
    for (int32_t& bias : bias_) bias = static_cast<int32_t>(random.Below(60000)) - 30000;
    for (int32_t& z : a_zero_points_) z = std::numeric_limits<A>::min() + static_cast<int32_t>(random.Below(256));
    for (int32_t& z : b_zero_points_) z = std::numeric_limits<B>::min() + static_cast<int32_t>(random.Below(256));
    r.multipliers = {multipliers_.data(), multipliers_.size()};
    r.shifts = {shifts_.data(), shifts_.size()};
    r.bias = {bias_.data(), bias_.size()};
    r.a_zero_points = {a_zero_points_.data(), a_zero_points_.size()};
    r.b_zero_points = {b_zero_points_.data(), b_zero_points_.size()};
    r.rounding = kRoundings[seed / 2 % 2];
    // Both ends of the type, and what lies between.
    r.zero_point = seed % 3 == 0 ? kMin : seed % 3 == 1 ? kMax : kMin + static_cast<int32_t>(random.Below(256));
    if (options.limits) {
      r.min = seed % 2 == 0 ? r.zero_point : kMin + 7;
      r.max = kMax - 9 > r.min ? kMax - 9 : kMax;
    }
    sums_ = this->Sums(r.a_zero_points, r.b_zero_points);
    Reference(MatrixView<const int32_t>(sums_.data(), shape.m, shape.n), r, this->expected());
  }

  void RunRows(Context& context, size_t step) {
    this->output().Clear();
    for (size_t row = 0; row < this->a().rows; row += step) {
      const size_t rows = std::min(step, this->a().rows - row);
      FixedPointRequantization part = r;
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
    FixedPointRequantization without = r;
    without.a_zero_points = without.b_zero_points = {};
    this->output().Clear();
    this->status_ = Requantize(context, sums.const_view(), without, this->c());
  }

  FixedPointRequantization r;

 private:
  Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
              const MatrixView<Q>& c) const override {
    return MatMul(context, a, b, r, c);
  }

  const Guarded<int32_t> multipliers_;
  const Guarded<int8_t> shifts_;
  const Guarded<int32_t> bias_, a_zero_points_, b_zero_points_;
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

template <class A, class Q, class B = int8_t>
void CheckCase(const Shape& shape, const Options& options, uint64_t seed) {
  Case<A, Q, B> c(shape, options, seed);
  INFO(shape.m, " x ", shape.k, " x ", shape.n, " seed ", seed);
  ForEachTier([&](Context& context) {
    c.Run(context);
    c.Check();
    c.RunRequantize(context);
    c.Check();
  });
}

TEST_CASE("Fixed point: shapes around the tiles, strides, all options, weights of s8 and u8") {
  constexpr size_t kDepths[] = {1, 3, 4, 17, 64, 129};
  uint64_t seed = 0;
  for (const size_t m : std::initializer_list<size_t>{1, 3, 4, 5, 6, 7, 12, 25}) {
    for (const size_t n : std::initializer_list<size_t>{1, 7, 8, 15, 16, 17, 33, 48, 65}) {
      const Shape shape{m, kDepths[seed % 6], n, seed % 3};
      const Options& options = kOptions[seed / 5 % kNumOptions];
      switch (seed % 5) {
        case 0:
          CheckCase<int8_t, int8_t>(shape, options, seed);
          break;
        case 1:
          CheckCase<int8_t, uint8_t>(shape, options, seed);
          break;
        case 2:
          CheckCase<uint8_t, int8_t>(shape, options, seed);
          break;
        case 3:
          CheckCase<uint8_t, uint8_t>(shape, options, seed);
          break;
        default:
          CheckCase<uint8_t, int8_t, uint8_t>(shape, options, seed);
      }
      ++seed;
    }
  }
}

TEST_CASE("Fixed point: nothing to do, nothing to add up, several chunks of K") {
  for (const Shape& shape : {Shape{0, 0, 0}, Shape{0, 5, 7}, Shape{3, 5, 0}, Shape{5, 0, 40}, Shape{2, 5000, 40}}) {
    for (size_t i = 0; i < kNumOptions; ++i) {
      CheckCase<uint8_t, int8_t>(shape, kOptions[i], i);
      CheckCase<int8_t, uint8_t, uint8_t>(shape, kOptions[i], i + 3);
    }
  }
}

TEST_CASE("Fixed point: plain weights, one row at a time, any number of workers, any float settings") {
  for (size_t i = 0; i < kNumOptions; ++i) {
    Case<uint8_t, int8_t> c({70, 130, 47, 3}, kOptions[i], i);
    Case<int8_t, uint8_t> large({330, 200, 260}, kOptions[i], i + 1);  // as in dequantization_test.cc
    ForEachTier([&](Context& tier) {
      c.RunPlain(tier);
      c.Check();
      c.RunRows(tier, 13);
      c.Check();
    });
    ForEachTierOn<UnusualExecutor>({5}, [&](Context& context, const UnusualExecutor& executor) {
      large.Run(context);
      large.Check();
      large.RunRequantize(context);
      large.Check();
      CHECK(executor.kept());
      CHECK(executor.most_tasks() >= 2);
    });
  }
}

// ---- Sums of the whole range

TEST_CASE("Fixed point: any sum, multiplier and shift") {
  // Sums where rounding decides are rare among random ones; small ones with few bits in their multipliers are ties.
  constexpr size_t kRows = 9, kCols = 150;
  Random random(5);
  const GuardedMatrix<int32_t> sums(kRows, kCols);
  const Guarded<int32_t> multipliers(kCols);
  const Guarded<int8_t> shifts(kCols);
  Output<int8_t> s8(kRows, kCols, kCols);
  Output<uint8_t> u8(kRows, kCols, kCols);
  for (int round = 0; round < 12; ++round) {
    for (size_t i = 0; i < kRows * kCols; ++i) {
      const uint64_t bits = random();
      const int32_t any = static_cast<int32_t>(bits >> 32);
      constexpr int32_t kSpecial[] = {kIntMin, kIntMax, kIntMin + 1, -1, 0, 1, -2, 2};
      sums.buffer()[i] = (bits & 7) == 0 ? kSpecial[bits >> 3 & 7] : any >> (bits >> 8 & 31);
    }
    for (size_t n = 0; n < kCols; ++n) {
      const int few = static_cast<int>(random.Below(8));
      multipliers[n] = round % 2 == 0 ? SpecialMultiplier(random) : (8 + few) << 27;
      // Outputs that are neither 0 nor at an end, for many of the sums.
      shifts[n] = round % 3 == 0 ? SpecialShift(random) : static_cast<int8_t>(-static_cast<int>(random.Below(12)));
    }
    FixedPointRequantization r;
    r.multipliers = {multipliers.data(), kCols};
    r.shifts = {shifts.data(), kCols};
    r.rounding = kRoundings[round / 6];
    r.zero_point = 7;
    Reference(sums.const_view(), r, s8.expected());
    Reference(sums.const_view(), r, u8.expected());
    ForEachTier([&](Context& context) {
      s8.Clear();
      u8.Clear();
      ISOQUANT_CHECK_OK(Requantize(context, sums.const_view(), r, s8.view()));
      ISOQUANT_CHECK_OK(Requantize(context, sums.const_view(), r, u8.view()));
      s8.Check();
      u8.Check();
    });
  }
}

// ---- What the header says, by values written here.

void CheckValues(const FixedPointRequantization& r, const std::vector<int32_t>& sums,
                 const std::vector<int>& expected) {
  REQUIRE(sums.size() == expected.size());
  // Over and over, so that they fill vectors and rows of any target.
  constexpr size_t kRows = 5, kCols = 37;
  std::vector<int32_t> all(kRows * kCols);
  for (size_t i = 0; i < all.size(); ++i) all[i] = sums[i % sums.size()];
  ForEachTier([&](Context& context) {
    std::vector<int8_t> c(all.size());
    ISOQUANT_CHECK_OK(Requantize(context, MatrixView<const int32_t>(all.data(), kRows, kCols), r,
                                 MatrixView<int8_t>(c.data(), kRows, kCols)));
    for (size_t i = 0; i < c.size(); ++i) {
      INFO("sum ", all[i]);
      CHECK(int{c[i]} == expected[i % expected.size()]);
    }
  });
}

TEST_CASE("Fixed point: ties, double and single rounding") {
  const std::vector<int32_t> sums = {0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8};
  int32_t multiplier = 1 << 30;  // 1/2
  int8_t shift = 0;
  FixedPointRequantization r;
  r.multipliers = {&multiplier, 1};
  r.shifts = {&shift, 1};
  // By 1/2: ties go upwards in both.
  for (const FixedPointRounding rounding : kRoundings) {
    r.rounding = rounding;
    CheckValues(r, sums, {0, 1, 0, 1, -1, 2, -1, 2, -2, 3, -2, 3, -3, 4, -3, 4, -4});
  }
  // By 1/4. Twice rounded: first upwards, then away from zero.
  shift = -1;
  r.rounding = FixedPointRounding::kDouble;
  CheckValues(r, sums, {0, 1, 0, 1, -1, 1, -1, 1, -1, 2, -1, 2, -2, 2, -2, 2, -2});
  r.rounding = FixedPointRounding::kSingle;
  CheckValues(r, sums, {0, 0, 0, 1, 0, 1, -1, 1, -1, 1, -1, 2, -1, 2, -2, 2, -2});
  // By 3/8, the nearest multiplier being 3/4.
  multiplier = 3 << 29;
  r.rounding = FixedPointRounding::kDouble;
  CheckValues(r, {4, -4, 2, -2, 12, -12}, {2, -2, 1, -1, 5, -5});
  r.rounding = FixedPointRounding::kSingle;
  CheckValues(r, {4, -4, 2, -2, 12, -12}, {2, -1, 1, -1, 5, -4});
}

TEST_CASE("Fixed point: the largest shifts, and what wraps") {
  int32_t multiplier = kIntMax;
  int8_t shift = -31;
  FixedPointRequantization r;
  r.multipliers = {&multiplier, 1};
  r.shifts = {&shift, 1};
  const std::vector<int32_t> sums = {kIntMin, kIntMax, 1 << 30, -(1 << 30), 0, 1};
  // By nearly 2^-31: 2^30 is a tie after the first rounding.
  CheckValues(r, sums, {-1, 1, 1, 0, 0, 0});
  r.rounding = FixedPointRounding::kSingle;
  CheckValues(r, sums, {-1, 1, 0, 0, 0, 0});
  // By nearly 2^30. With double rounding, what is shifted out of the 32 bits is lost: 4 is 0 then, and 2 is -2^31. With
  // single rounding that holds for the result: 1 is 2^30 - 1/2, rounded upwards, and 4 is 2^32 - 2.
  shift = 30;
  r.rounding = FixedPointRounding::kDouble;
  CheckValues(r, {0, 1, -1, 2, 4, 5}, {0, 127, -128, -128, 0, 127});
  r.rounding = FixedPointRounding::kSingle;
  CheckValues(r, {0, 1, -1, 2, 4, 5}, {0, 127, -128, 127, -2, 127});
  // The zero point does not make it wrap.
  r.zero_point = 127;
  CheckValues(r, {1, -1, 2, 0}, {127, -128, 127, 127});
  r.rounding = FixedPointRounding::kDouble;
  r.zero_point = -128;
  CheckValues(r, {1, -1, 2, 0}, {127, -128, -128, -128});
}

// ---- QuantizeMultiplier

TEST_CASE("Fixed point: QuantizeMultiplier") {
  struct Expected {
    double real;
    int32_t multiplier;
    int shift;
  };
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  constexpr int32_t kHalf = 1 << 30;
  const Expected all[] = {
      {0.0, 0, 0},
      {-0.0, 0, 0},
      {0.5, kHalf, 0},
      {1.0, kHalf, 1},
      {2.0, kHalf, 2},
      {0.25, kHalf, -1},
      {0.75, 3 << 29, 0},
      {1.0 / 3.0, 1431655765, -1},
      {0x1p-32, kHalf, -31},
      {0x1.fffffffffp-33, kHalf, -31},  // 2^31 after rounding
      {0x1.fffffffp-33, 0, 0},
      {0x1p-33, 0, 0},
      {0x1p-1060, 0, 0},
      {0x1p29, kHalf, 30},
      {0x1.fffffffcp29, kIntMax, 30},
      {0x1p30, kIntMax, 30},
      {1e300, kIntMax, 30},
      // Half a unit of the multiplier, and a little less.
      {0.5 + 0x1p-32, kHalf + 1, 0},
      {0.5 + 0x1p-32 - 0x1p-53, kHalf, 0},
      {1.0 - 0x1p-32, kHalf, 1},
      {1.0 - 0x1p-31, kIntMax, 0},
  };
  ForEachFloatSettings([&](const auto& under_settings) {
    for (const Expected& e : all) {
      int32_t multiplier = -1;
      int shift = 99;
      Status status;
      under_settings([&] { status = QuantizeMultiplier(e.real, multiplier, shift); });
      ISOQUANT_CHECK_OK(status);
      INFO("real ", e.real);
      CHECK(multiplier == e.multiplier);
      CHECK(shift == e.shift);
    }
    for (const double real : {-1.0, -0x1p-1074, infinity, -infinity, nan, -nan}) {
      int32_t multiplier = -1;
      int shift = 99;
      Status status;
      under_settings([&] { status = QuantizeMultiplier(real, multiplier, shift); });
      CHECK(status.code() == StatusCode::kInvalidValue);
      CHECK(std::string(status.argument()) == "real");
      CHECK(multiplier == -1);
      CHECK(shift == 99);
    }
  });
  // The definition, by the C library.
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const double significand = 1.0 + static_cast<double>(random() >> 12) * 0x1p-52;
    const double real = std::ldexp(significand, static_cast<int>(random.Below(64)) - 34);
    int expected_shift, shift = 99;
    int64_t expected = std::llround(std::frexp(real, &expected_shift) * 0x1p31);
    if (expected == int64_t{1} << 31) expected /= 2, ++expected_shift;
    if (expected_shift < -31) expected = expected_shift = 0;
    if (expected_shift > 30) continue;
    int32_t multiplier = -1;
    ISOQUANT_CHECK_OK(QuantizeMultiplier(real, multiplier, shift));
    CHECK(int64_t{multiplier} == expected);
    CHECK(shift == expected_shift);
  }
}

// ---- Errors

TEST_CASE("Fixed point: errors name the argument and write nothing") {
  Case<uint8_t, int8_t> c({3, 8, 5, 2}, kOptions[4], 2);
  using R = FixedPointRequantization;
  const std::string name = "requantization.";
  static int32_t multipliers[5] = {1, 2, -7, 4, kIntMin + 9};
  static int8_t shifts[5] = {-31, 30, 0, 31, -5}, low[5] = {0, 0, -32, 0, 0};
  // Of both functions.
  std::vector<Fault<R>> faults = {
      {[](R& r) { r.multipliers.size = 4; }, Mismatch(name + "multipliers.size", 4, "c.cols", 5)},
      {[](R& r) { r.multipliers = {}; }, Mismatch(name + "multipliers.size", 0, "c.cols", 5)},
      {[](R& r) { r.multipliers.data = nullptr; }, Null(name + "multipliers", "c.cols", 5)},
      {[](R& r) { r.multipliers.data = multipliers; },
       InvalidInteger(name + "multipliers[i]", kIntMin + 9, "at least the smallest multiplier", 0)},
      {[](R& r) { r.shifts.size = 4; }, Mismatch(name + "shifts.size", 4, "c.cols", 5)},
      {[](R& r) { r.shifts = {}; }, Mismatch(name + "shifts.size", 0, "c.cols", 5)},
      {[](R& r) { r.shifts.data = nullptr; }, Null(name + "shifts", "c.cols", 5)},
      {[](R& r) { r.shifts.data = shifts; }, InvalidInteger(name + "shifts[i]", 31, "at most the largest shift", 30)},
      {[](R& r) { r.shifts.data = low; }, InvalidInteger(name + "shifts[i]", -32, "at least the smallest shift", -31)},
      {[](R& r) { r.bias.size = 1; }, Mismatch(name + "bias.size", 1, "c.cols", 5)},
      {[](R& r) { r.bias.data = nullptr; }, Null(name + "bias", "c.cols", 5)},
      {[](R& r) { r.zero_point = 128; },
       InvalidInteger(name + "zero_point", 128, "at most the largest value of c's type", 127)},
      {[](R& r) { r.min = 5, r.max = 4; }, InvalidInteger(name + "min", 5, "at most requantization.max", 4)},
      {[](R& r) { r.min = r.max = 128; },
       InvalidInteger(name + "min", 128, "at most the largest value of c's type", 127)},
      {[](R& r) { r.min = r.max = -129; },
       InvalidInteger(name + "max", -129, "at least the smallest value of c's type", -128)},
      {[](R& r) { r.rounding = static_cast<FixedPointRounding>(2); },
       InvalidInteger(name + "rounding", 2, "at most the last FixedPointRounding", 1)},
  };
  const Fault<R> faults_of_zero_points[] = {
      {[](R& r) { r.a_zero_points.size = 2; }, Mismatch(name + "a_zero_points.size", 2, "a.rows", 3)},
      {[](R& r) { r.a_zero_points.data = nullptr; }, Null(name + "a_zero_points", "a.rows", 3)},
      {[](R& r) { r.b_zero_points.size = 2; }, Mismatch(name + "b_zero_points.size", 2, "b's N", 5)},
      {[](R& r) { r.b_zero_points.data = nullptr; }, Null(name + "b_zero_points", "1", 1)},
  };
  const MatrixView<const uint8_t> a(c.a());
  const MatrixView<int8_t> out(c.c());
  std::vector<int32_t> sums_data(3 * 5);
  const MatrixView<const int32_t> sums(sums_data.data(), 3, 5);
  c.output().Clear();
  ForEachTier([&](Context& context) {
    for (const Fault<R>& fault : faults) {
      R r = c.r;
      fault.change(r);
      CheckRefused(MatMul(context, a, c.packed(), r, out), fault.refusal);
      r.a_zero_points = r.b_zero_points = {};
      CheckRefused(Requantize(context, sums, r, out), fault.refusal);
    }
    for (const Fault<R>& fault : faults_of_zero_points) {
      R r = c.r;
      fault.change(r);
      CheckRefused(MatMul(context, a, c.packed(), r, out), fault.refusal);
    }
    c.CheckOperandErrors(context, {"a", "b", "b's K", "b's N", "c"});
    // Vectors that lie in c.
    std::vector<int32_t> memory(16);
    const MatrixView<int8_t> inside(reinterpret_cast<int8_t*>(memory.data()), 3, 5);
    R r = c.r;
    r.multipliers = {memory.data(), 5};
    CheckRefused(MatMul(context, a, c.packed(), r, inside), Overlap("c", name + "multipliers"));
    r = c.r;
    r.shifts = {reinterpret_cast<const int8_t*>(memory.data()), 5};
    CheckRefused(MatMul(context, a, c.packed(), r, inside), Overlap("c", name + "shifts"));

    CheckRefused(Requantize(context, sums, c.r, out), Mismatch(name + "a_zero_points.size", 3, "that of none", 0));
    r = c.r;
    r.a_zero_points = {};
    CheckRefused(Requantize(context, sums, r, out), Mismatch(name + "b_zero_points.size", 1, "that of none", 0));
    CheckRefused(Requantize(context, sums, c.r, {out.data, 3, 4, out.row_stride}),
                 Mismatch("c.cols", 4, "sums.cols", 5));
    CheckRefused(Requantize(context, sums, c.r, {reinterpret_cast<int8_t*>(sums_data.data()), 3, 5}),
                 Overlap("c", "sums"));
    CHECK(c.output().IsUntouched());
  });
}

// ---- Golden digests

TEST_CASE("Fixed point: golden digests") {
  for (size_t i = 0; i < kNumOptions; ++i) {
    const std::string name = "fixed_point/" + std::to_string(i) + "/";
    const Options& options = kOptions[i];
    const Shape shape{97, 301, 60};
    ForEachTypes([&](auto a, auto q) {
      Case<decltype(a), decltype(q)> one(shape, options, 20 + i), other(shape, options, 22 + i);
      CheckGoldenOutputs(
          name + (std::is_signed_v<decltype(a)> ? "s8" : "u8") + (std::is_signed_v<decltype(q)> ? "s8" : "u8"), one,
          other);
    });
    Case<uint8_t, uint8_t, uint8_t> one(shape, options, 30 + i), other(shape, options, 32 + i);
    CheckGoldenOutputs(name + "u8_weights", one, other);
  }
}

}  // namespace
}  // namespace isoquant
