// Tests of MatMul of f32 as users call it: golden digests, NaN, errors. (f32_product_test.cc has shapes, outputs,
// threads and float environments.)
#include "isoquant/float_matmul.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "test/executors.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

// The definition.
float Chain(const GuardedMatrix<float>& a, const GuardedMatrix<float>& b, size_t m, size_t n, float c) {
  for (size_t k = 0; k < a.view().cols; ++k) c = std::fma(a.at(m, k), b.at(k, n), c);
  return c;
}

// Numbers of many magnitudes, so that each rounding shows.
float AnyMagnitude(Random& random) {
  const float x = random.Signed();
  return std::ldexp(x, static_cast<int>(random.Below(24)) - 12);
}

struct F32Product {
  F32Product(Random& random, const Shape& shape)
      : a(shape.m, shape.k, shape.k + shape.gap), b(shape.k, shape.n), result(shape.m, shape.n, shape.n + shape.gap) {
    for (float& x : a.buffer()) x = AnyMagnitude(random);
    for (float& x : b.buffer()) x = AnyMagnitude(random);
    for (size_t m = 0; m < shape.m; ++m) {
      for (size_t n = 0; n < shape.n; ++n) result.expected().Row(m)[n] = Chain(a, b, m, n, 0.0f);
    }
  }
  void Run(Context& context) {
    const PackedWeights packed = Packed(context, KxN{b.const_view()});
    result.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), packed, result.view()));
  }
  void Check() { result.Check(); }
  Output<float>& output() { return result; }

  GuardedMatrix<float> a, b;
  Output<float> result;
};

TEST_CASE("MatMul of f32: golden digests") {
  Random random(71);
  F32Product small(random, {1, 300, 100}), middle(random, {33, 257, 129, 3}), deep(random, {5, 4200, 48}),
      large(random, {130, 515, 200});
  CheckGoldenOutputs("matmul/f32/1x300x100", small);
  CheckGoldenOutputs("matmul/f32/33x257x129", middle);
  CheckGoldenOutputs("matmul/f32/5x4200x48", deep);
  CheckGoldenOutputs("matmul/f32/130x515x200", large);
}

TEST_CASE("MatMul of f32: every NaN is 7fc00000, and only what has a NaN becomes one") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  uint32_t other_bits = 0xff812345;  // a signalling NaN with sign and payload
  float other;
  std::memcpy(&other, &other_bits, sizeof(other));
  ForEachTier([&](Context& context) {
    for (const size_t k : {size_t{1}, size_t{7}, size_t{70}, size_t{4100}}) {
      const GuardedMatrix<float> a(14, k), b(k, 37);
      Output<float> c(14, 37, 40);
      for (float& x : a.buffer()) x = 1.0f;
      for (float& x : b.buffer()) x = 0.5f;
      a.at(2, k - 1) = kNaN;
      a.at(3, 0) = other;
      a.at(4, 0) = kInfinity;   // infinity - infinity, where k allows
      b.at(0, 36) = 0.0f;       // 0 times infinity
      b.at(k / 2, 5) = -other;  // in the middle of chains
      for (size_t m = 0; m < 14; ++m) {
        for (size_t n = 0; n < 37; ++n) {
          const float sum = Chain(a, b, m, n, 0.0f);
          c.expected().Row(m)[n] = sum == sum ? sum : kNaN;
        }
      }
      ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), KxN{b.const_view()}, c.view()));
      c.Check();
      // Once more from these sums: chains that begin with NaN stay NaN.
      for (size_t m = 0; m < 14; ++m) {
        for (size_t n = 0; n < 37; ++n) {
          const float sum = Chain(a, b, m, n, c.expected().Row(m)[n]);
          c.expected().Row(m)[n] = sum == sum ? sum : kNaN;
        }
      }
      ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), KxN{b.const_view()}, c.view(), Store::kAccumulate));
      c.Check();
    }
  });
}

TEST_CASE("MatMul of f32: packed, from a blob, and plain weights of both orders") {
  Random random(72);
  F32Product product(random, {9, 65, 50});
  const GuardedMatrix<float> transposed(50, 65);
  for (size_t k = 0; k < 65; ++k) {
    for (size_t n = 0; n < 50; ++n) transposed.at(n, k) = product.b.at(k, n);
  }
  Context context;
  const PackedWeights packed = Packed(context, NxK{transposed.const_view()});
  CHECK(packed.type() == ElementType::kF32);
  std::vector<uint8_t> blob(packed.SerializedBytes());
  ISOQUANT_CHECK_OK(packed.Serialize({blob.data(), blob.size()}));
  PackedWeights loaded;
  ISOQUANT_CHECK_OK(PackedWeights::Load({blob.data(), blob.size()}, loaded));
  const WeightsRef kinds[] = {packed, loaded, KxN{product.b.const_view()}, NxK{transposed.const_view()}};
  for (const WeightsRef& weights : kinds) {
    product.result.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, product.a.const_view(), weights, product.result.view()));
    product.result.Check();
  }
}

// Few rows read a plain b that L2 does not hold where it lies, some lines at a time; all rows one that it holds, or
// that has few columns. More rows have b packed, slab by slab if it is many L2's.
TEST_CASE("MatMul of f32: b in place or in slabs, in several tasks") {
  struct Case {
    Shape shape;
    size_t l2_bytes, workers;
  };
  constexpr size_t kSmall = size_t{128} << 10, kLarge = size_t{8} << 20;
  Random random(74);
  // Parts: of nothing, of columns, of rows and of columns.
  for (const Case& each :
       {Case{{3, 300, 130}, kSmall, 3}, Case{{23, 600, 310}, kSmall, 3}, Case{{40, 600, 420}, kLarge, 4},
        Case{{5, 3000, 31}, kSmall, 1}, Case{{37, 2200, 32}, kSmall, 3}, Case{{13, 1000, 70}, kSmall, 1},
        Case{{40, 400, 192}, kSmall, 3}, Case{{37, 600, 420}, kSmall / 2, 1}, Case{{37, 600, 420}, kSmall / 2, 3}}) {
    const Shape& shape = each.shape;
    Cpu cpu = DetectCpu();
    cpu.l2_bytes = each.l2_bytes;
    const ScopedDetection cache(cpu, false);
    const GuardedMatrix<float> a(shape.m, shape.k, shape.k + 3), b(shape.k, shape.n), transposed(shape.n, shape.k);
    for (float& x : a.buffer()) x = AnyMagnitude(random);
    for (size_t k = 0; k < shape.k; ++k) {
      for (size_t n = 0; n < shape.n; ++n) transposed.at(n, k) = b.at(k, n) = AnyMagnitude(random);
    }
    Output<float> c(shape.m, shape.n, shape.n + 1);
    const auto begin = [&] {
      c.Clear();
      for (size_t m = 0; m < shape.m; ++m) std::fill_n(c.view().Row(m), shape.n, -0.0f);
    };
    begin();
    Context packing;
    const PackedWeights packed = Packed(packing, KxN{b.const_view()});
    ISOQUANT_CHECK_OK(MatMul(packing, a.const_view(), NxK{transposed.const_view()}, c.view(), Store::kAccumulate));
    for (size_t m = 0; m < shape.m; ++m) std::copy_n(c.view().Row(m), shape.n, c.expected().Row(m));
    ForEachTierOn<ThreadExecutor>({each.workers}, [&](Context& context, const ThreadExecutor&) {
      for (const WeightsRef& weights : {WeightsRef(KxN{b.const_view()}), WeightsRef(packed)}) {
        begin();
        ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), weights, c.view(), Store::kAccumulate));
        c.Check();
      }
    });
  }
}

TEST_CASE("MatMul of f32: errors, and nothing is written") {
  Random random(73);
  F32Product product(random, {4, 8, 20});
  product.result.Clear();
  Context context;
  const MatrixView<const float> a = product.a.const_view();
  const MatrixView<float> c = product.result.view();
  const KxN b{product.b.const_view()};
  const GuardedMatrix<int8_t> bytes(8, 20);
  CHECK(MatMul(context, a, KxN{bytes.const_view()}, c).ToString() == "b is s8, expected f32");
  CHECK(MatMul(context, {a.data, 4, 7, 8}, b, c).ToString() == "a.cols is 7, expected b's K = 8");
  CHECK(MatMul(context, {a.data, 3, 8}, b, c).ToString() == "c.rows is 4, expected a.rows = 3");
  CHECK(MatMul(context, a, b, {c.data, 4, 19, 20}).ToString() == "c.cols is 19, expected b's N = 20");
  CHECK(MatMul(context, a, b, {c.data, 4, 20, 19}).code() == StatusCode::kTooSmall);
  CHECK(MatMul(context, a, b, {nullptr, 4, 20}).code() == StatusCode::kNull);
  CHECK(MatMul(context, {c.data, 4, 8, 20}, b, c).code() == StatusCode::kOverlap);
  CHECK(product.result.IsUntouched());
  // s8 rows do not take weights of f32.
  const GuardedMatrix<int8_t> rows(4, 8);
  const GuardedMatrix<int32_t> sums(4, 20);
  CHECK(MatMul(context, rows.const_view(), b, sums.view()).ToString() == "b is f32, expected s8 or u8");
}

}  // namespace
}  // namespace isoquant
