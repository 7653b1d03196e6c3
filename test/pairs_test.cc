// Tests of the products that AVX2 takes in pairs (tile_madd_pairs-inl.h), 40 rows and 25 columns or more, with weights
// of all 8 bits: the same sums as on every other tier.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/executors.h"
#include "test/linear_on_tiers.h"
#include "test/matmul_case.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

// Packed and plain weights, one worker and three.
template <class A>
void CheckOnEveryTier(Case<A>& c) {
  Context packing;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(packing, KxN{c.b.const_view()}, packed));
  REQUIRE(!packed.panels().seven_bits);
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    c.Check(context, packed, Store::kOverwrite);
    c.Check(context, packed, Store::kAccumulate);
    c.Check(context, NxK{c.b_transposed.const_view()}, Store::kAccumulate);
  });
}

// Rows that are no multiple of five, groups and pieces of K that end early, tails of up to 8 columns and of more.
TEST_CASE_TEMPLATE("Pairs: shapes around the tiles", A, int8_t, uint8_t) {
  Random random(1);
  const auto check = [&](size_t m, size_t k, size_t n) {
    CAPTURE(m);
    CAPTURE(k);
    CAPTURE(n);
    Case<A> c(random, {m, k, n}, k % 3, n % 2);
    CheckOnEveryTier(c);
  };
  for (const size_t m : Sizes{39, 40, 41, 46, 48, 64}) {
    for (const size_t k : Sizes{31, 32, 33, 36, 63, 66, 71}) {
      for (const size_t n : Sizes{24, 25, 40, 47, 64}) check(m, k, n);
    }
  }
  for (const size_t k : Sizes{256, 257, 509, 1024, 1025}) {
    check(41, k, 25);
    check(52, k, 42);
  }
  check(300, 260, 36);  // several blocks of rows
}

// The largest sums of two operands, and products of them, of all signs: they exceed 16 and 32 bits.
TEST_CASE_TEMPLATE("Pairs: extremes", A, int8_t, uint8_t) {
  Random random(2);
  for (const A a : {std::numeric_limits<A>::min(), std::numeric_limits<A>::max()}) {
    for (const int8_t b : {int8_t{127}, int8_t{-128}}) {
      for (const size_t k : Sizes{32, 130, 1024}) {
        CAPTURE(b);
        CAPTURE(k);
        Case<A> c(random, {43, k, 33}, 0, 0);
        for (A& value : c.a.buffer()) value = a;
        for (int8_t& value : c.b.buffer()) value = b;
        for (int8_t& value : c.b_transposed.buffer()) value = b;
        c.Expect();
        CheckOnEveryTier(c);
      }
    }
  }
}

// Rows that Linear quantises, and zero points, for which rows of A are summed up too.
TEST_CASE("Pairs: Linear") {
  constexpr size_t kK = 150, kN = 45;
  Random random(3);
  std::vector<int8_t> b(kK * kN);
  FillIntegers(random, b.data(), b.size());
  const int32_t zero_point = -27;
  CheckLinearOnEveryTier(random, {b.data(), kK, kN}, {&zero_point, 1}, {43}, {1, 3});
}

}  // namespace
}  // namespace isoquant
