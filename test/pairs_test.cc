// Tests of the products that AVX2 takes in pairs (tile_madd_pairs-inl.h), 40 rows and 25 columns or more, with weights
// of all 8 bits: the same sums as on every other tier.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/executors.h"
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

// Rows that Linear quantises, and zero points, for which rows of A are summed up too: every tier gives the floats of
// the first one.
TEST_CASE("Pairs: Linear") {
  constexpr size_t kM = 43, kK = 150, kN = 45;
  Random random(3);
  std::vector<float> x(kM * kK), scales(kN, 0.25f);
  std::vector<int8_t> b(kK * kN);
  for (float& value : x) value = random.Signed();
  FillIntegers(random, b.data(), b.size());
  const int32_t zero_point = -27;
  Context packing;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(packing, KxN{{b.data(), kK, kN}}, packed));
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    LinearLayer layer;
    layer.weights = &packed;
    layer.column_scales = {scales.data(), kN};
    layer.column_zero_points = {&zero_point, 1};
    layer.quantization = quantization;
    std::vector<float> first;
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
      GuardedMatrix<float> y(kM, kN);
      ISOQUANT_CHECK_OK(Linear(context, MatrixView<const float>(x.data(), kM, kK), layer, y.view()));
      if (first.empty()) first.assign(y.buffer().begin(), y.buffer().end());
      CHECK(std::memcmp(first.data(), y.buffer().data(), first.size() * sizeof(float)) == 0);
    });
  }
}

}  // namespace
}  // namespace isoquant
