// Test support: products of bf16 in FloatMode::kFast: their error bound, and that on one tier bits depend on nothing
// else.
#ifndef ISOQUANT_TEST_BF16_FAST_H_
#define ISOQUANT_TEST_BF16_FAST_H_

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/float_matmul.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {

inline float Widened(BFloat16 x) { return FromBits(uint32_t{x.bits} << 16); }

inline void UseOnlyFast(Context& context, const std::string& tier) {
  context.SetFloatMode(FloatMode::kFast);
  UseOnly(context, tier);
  REQUIRE(context.tier() == tier);
}

struct Operands {
  Operands(Random& random, const Shape& shape)
      : a(shape.m, shape.k, shape.k + shape.gap),
        b(shape.k, shape.n),
        before(shape.m, shape.n),
        c(shape.m, shape.n, shape.n + shape.gap) {
    for (BFloat16& x : a.buffer()) x = Any(random);
    for (BFloat16& x : b.buffer()) x = Any(random);
    for (float& x : before.buffer()) x = random.Signed();
  }
  // Of either sign and of 14 magnitudes.
  static BFloat16 Any(Random& random) {
    const uint64_t bits = random();
    return {static_cast<uint16_t>((bits & 0x807f) | (120 + (bits >> 8) % 14) << 7)};
  }

  std::vector<float> Multiply(Context& context, const WeightsRef& weights, Store store = Store::kOverwrite) {
    Begin();
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), weights, c.view(), store));
    return Sums();
  }
  // In calls of `rows` rows.
  std::vector<float> MultiplyInParts(Context& context, const WeightsRef& weights, size_t rows) {
    Begin();
    for (size_t m = 0; m < a.view().rows; m += rows) {
      const size_t size = std::min(rows, a.view().rows - m);
      ISOQUANT_CHECK_OK(MatMul(context, a.const_view().Rows(m, size), weights, c.view().Rows(m, size)));
    }
    return Sums();
  }
  void Begin() {
    for (size_t m = 0; m < c.view().rows; ++m) std::copy_n(before.view().Row(m), c.view().cols, c.view().Row(m));
  }
  std::vector<float> Sums() const {
    std::vector<float> sums;
    for (size_t m = 0; m < c.view().rows; ++m) {
      sums.insert(sums.end(), c.view().Row(m), c.view().Row(m) + c.view().cols);
    }
    return sums;
  }
  // How far sums are from the true values, over the bound of float_matmul.h.
  double WorstError(const std::vector<float>& sums, Store store) const {
    double worst = 0.0;
    const double depth = static_cast<double>(a.view().cols) + 2.0;
    for (size_t m = 0; m < c.view().rows; ++m) {
      for (size_t n = 0; n < c.view().cols; ++n) {
        const double first = store == Store::kAccumulate ? static_cast<double>(before.at(m, n)) : 0.0;
        double sum = first, magnitudes = std::fabs(first), a_max = 0.0, b_max = 0.0;
        for (size_t k = 0; k < a.view().cols; ++k) {
          const double x = static_cast<double>(Widened(a.at(m, k))), y = static_cast<double>(Widened(b.at(k, n)));
          sum += x * y;
          magnitudes += std::fabs(x * y);
          a_max = std::max(a_max, std::fabs(x));
          b_max = std::max(b_max, std::fabs(y));
        }
        const double bound = depth * (0x1p-23 * magnitudes + 0x1p-126 * (1.0 + a_max + b_max));
        const double error = std::fabs(static_cast<double>(sums[m * c.view().cols + n]) - sum);
        worst = std::max(worst, bound == 0.0 ? error : error / bound);
      }
    }
    return worst;
  }

  GuardedMatrix<BFloat16> a, b;
  GuardedMatrix<float> before, c;
};

inline bool AreSame(const std::vector<float>& x, const std::vector<float>& y) {
  return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0);
}

inline void CheckFastErrors(const std::string& name) {
  Context context;
  UseOnlyFast(context, name);
  Random random(192);
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 7, 33, 2}, Shape{13, 64, 20}, Shape{34, 67, 48, 1},
                             Shape{2, 4201, 3}, Shape{5, 0, 9}}) {
    CAPTURE(shape.k);
    Operands operands(random, shape);
    const WeightsRef b = KxN{operands.b.const_view()};
    CHECK(operands.WorstError(operands.Multiply(context, b), Store::kOverwrite) <= 1.0);
    CHECK(operands.WorstError(operands.Multiply(context, b, Store::kAccumulate), Store::kAccumulate) <= 1.0);
  }
  // Subnormal operands, products and sums.
  Operands tiny(random, {9, 30, 40});
  for (BFloat16& x : tiny.a.buffer()) x.bits &= 0x80ff;
  for (BFloat16& x : tiny.b.buffer()) x.bits = static_cast<uint16_t>((x.bits & 0x807f) | 0x3f80);
  for (float& x : tiny.before.buffer()) x *= 0x1p-126f;
  const WeightsRef b = KxN{tiny.b.const_view()};
  CHECK(tiny.WorstError(tiny.Multiply(context, b), Store::kOverwrite) <= 1.0);
  CHECK(tiny.WorstError(tiny.Multiply(context, b, Store::kAccumulate), Store::kAccumulate) <= 1.0);
}

inline void CheckFastBits(const std::string& name) {
  Random random(194);
  for (const Shape& shape : {Shape{33, 129, 70, 3}, Shape{70, 40, 17}, Shape{5, 4163, 20}, Shape{1, 33, 100}}) {
    Operands operands(random, shape);
    GuardedMatrix<BFloat16> transposed(shape.n, shape.k);
    for (size_t k = 0; k < shape.k; ++k) {
      for (size_t n = 0; n < shape.n; ++n) transposed.at(n, k) = operands.b.at(k, n);
    }
    Context alone;
    UseOnlyFast(alone, name);
    const PackedWeights packed = Packed(alone, KxN{operands.b.const_view()});
    const std::vector<float> sums = operands.Multiply(alone, packed);
    for (const size_t workers : WorkerCounts({1, 2, 3, 7})) {
      ThreadExecutor executor(workers);
      Context context(executor);
      UseOnlyFast(context, name);
      CHECK(AreSame(operands.Multiply(context, packed), sums));
      CHECK(AreSame(operands.Multiply(context, KxN{operands.b.const_view()}), sums));
      CHECK(AreSame(operands.Multiply(context, NxK{transposed.const_view()}), sums));
      CHECK(AreSame(operands.MultiplyInParts(context, packed, 1), sums));
      CHECK(AreSame(operands.MultiplyInParts(context, packed, 5), sums));
    }
    // Through a stage, which reads them from a buffer.
    const MatrixView<float> c = operands.c.view();
    ISOQUANT_CHECK_OK(MatMul(alone, operands.a.const_view(), packed, FloatOutput(), c));
    CHECK(AreSame(operands.Sums(), sums));
  }
}

// K is filled up with zeros for some rows as for others: sums of -0 become +0 with all numbers of rows, or with none.
inline void CheckFastZeros(const std::string& name) {
  Context context;
  UseOnlyFast(context, name);
  for (const size_t k : {size_t{1}, size_t{2}, size_t{3}, size_t{4}, size_t{6}, size_t{33}}) {
    CAPTURE(k);
    GuardedMatrix<BFloat16> a(19, k), b(k, 21);
    GuardedMatrix<float> c(19, 21);
    for (BFloat16& x : a.buffer()) x.bits = 0x8000;
    for (BFloat16& x : b.buffer()) x.bits = 0x3f80;
    std::vector<bool> signs;
    for (const size_t rows : {size_t{1}, size_t{3}, size_t{5}, size_t{19}}) {
      for (float& x : c.buffer()) x = -0.0f;
      ISOQUANT_CHECK_OK(MatMul(context, a.const_view().Rows(0, rows), KxN{b.const_view()}, c.view().Rows(0, rows),
                               Store::kAccumulate));
      for (size_t i = 0; i < rows * 21; ++i) signs.push_back(std::signbit(c.buffer()[i]));
    }
    CHECK(std::count(signs.begin(), signs.end(), signs[0]) == static_cast<std::ptrdiff_t>(signs.size()));
  }
}

inline void CheckFastNaN(const std::string& name) {
  Context context;
  UseOnlyFast(context, name);
  Random random(195);
  Operands operands(random, {37, 67, 40});
  operands.a.at(2, 66).bits = 0xff81;
  operands.a.at(36, 5).bits = 0x7f80;
  operands.b.at(5, 7).bits = 0;  // times infinity
  const std::vector<float> sums = operands.Multiply(context, KxN{operands.b.const_view()});
  for (size_t m = 0; m < 37; ++m) {
    for (size_t n = 0; n < 40; ++n) {
      uint32_t bits;
      std::memcpy(&bits, &sums[m * 40 + n], sizeof(bits));
      const bool is_nan = m == 2 || (m == 36 && n == 7);
      CHECK(is_nan == (bits == 0x7fc00000));
      CHECK(std::isinf(sums[m * 40 + n]) == (m == 36 && n != 7));
      CHECK(std::isnan(sums[m * 40 + n]) == is_nan);
    }
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_BF16_FAST_H_
