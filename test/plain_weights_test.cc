// Tests of products of few rows and plain bytes, which are read where they lie: both orders, every tier, around vectors
// and tiles, from small and from large caches. Sums are compared with the scalar definition; outputs of stages with
// those of packed weights.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/batch.h"
#include "isoquant/isoquant.h"
#include "test/executors.h"
#include "test/guarded.h"
#include "test/matmul_case.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

template <class A>
void CheckCase(Context& context, Case<A>& test) {
  for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
    test.Check(context, KxN{test.b.const_view()}, store);
    test.Check(context, NxK{test.b_transposed.const_view()}, store);
  }
}

template <class A>
void CheckShapes(const std::vector<Shape>& shapes) {
  Random random(1);
  for (const Shape& shape : shapes) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    CAPTURE(std::is_signed<A>::value);
    Case<A> test(random, shape, random.Below(3) * 7, random.Below(3) * 5);
    ForEachTier([&](Context& context) { CheckCase(context, test); });
  }
}

// Vectors are of 16, 32 or 64 bytes, tiles of 2, 4 or 6 rows, and at most four of them; strips are of 512 columns.
std::vector<Shape> FewRows() {
  std::vector<Shape> shapes;
  for (const size_t m : Sizes{1, 2, 3, 6}) {
    for (const size_t k : Sizes{0, 1, 3, 4, 15, 17, 32, 33, 63, 64, 67, 128, 131, 385}) {
      for (const size_t n : Sizes{1, 3, 4, 63, 64, 66, 130}) shapes.push_back({m, k, n});
    }
  }
  for (const size_t m : Sizes{4, 5, 7, 8, 9, 12, 13, 24, 25}) shapes.push_back({m, 64 * m + 5, 133});
  for (const size_t n : Sizes{511, 512, 513, 1100}) shapes.push_back({3, 200, n});
  return shapes;
}

TEST_CASE("Plain weights: few rows, s8") { CheckShapes<int8_t>(FewRows()); }
TEST_CASE("Plain weights: few rows, u8") { CheckShapes<uint8_t>(FewRows()); }

TEST_CASE("Plain weights: few rows, from beyond the second-level cache") {
  Cpu cpu = DetectCpu();
  cpu.l2_bytes = size_t{1} << 13;
  const ScopedDetection detection(cpu, false);
  // Some rows of b at a time, the last ones fewer, from end to end of up to 4,096 columns.
  const std::vector<Shape> shapes = {{1, 70, 4200}, {2, 133, 4096}, {1, 37, 300},  {2, 129, 700},
                                     {5, 131, 330}, {6, 64, 512},   {12, 200, 70}, {13, 840, 65}};
  CheckShapes<int8_t>(shapes);
  CheckShapes<uint8_t>(shapes);
}

TEST_CASE("Plain weights: extremes are exact") {
  ForEachTier([](Context& context) {
    for (const int8_t b : {int8_t{-128}, int8_t{127}}) {
      const std::vector<int8_t> weights(300 * 70, b), low(2 * 300, -128);
      const std::vector<uint8_t> high(2 * 300, 255);
      for (const WeightsRef& ref :
           {WeightsRef(KxN{{weights.data(), 300, 70}}), WeightsRef(NxK{{weights.data(), 70, 300}})}) {
        std::vector<int32_t> c(2 * 70);
        const MatrixView<int32_t> out(c.data(), 2, 70);
        ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(low.data(), 2, 300), ref, out));
        for (const int32_t sum : c) REQUIRE(sum == 300 * -128 * b);
        ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const uint8_t>(high.data(), 2, 300), ref, out));
        for (const int32_t sum : c) REQUIRE(sum == 300 * 255 * b);
      }
    }
  });
}

// ---- Weights of a type T in rows that are further apart than they are long, and in all kinds of products

template <class A, class T>
struct Product {
  Product(Shape shape, size_t gap, uint64_t seed)
      : m(shape.m), k(shape.k), n(shape.n), a(m, k, k + 3), kxn(k, n, n + gap), nxk(n, k, k + gap) {
    Random random(seed);
    FillIntegers(random, a.buffer().data(), a.buffer().size());
    FillIntegers(random, kxn.buffer().data(), kxn.buffer().size());
    for (size_t row = 0; row < k; ++row) {
      for (size_t col = 0; col < n; ++col) nxk.at(col, row) = kxn.at(row, col);
    }
    for (size_t i = 0; i < m; ++i) {
      row_scales.push_back(0.001f * static_cast<float>(i + 1));
      row_zero_points.push_back(static_cast<int32_t>(i % 9) + 3);
    }
    for (size_t i = 0; i < n; ++i) {
      scales.push_back(0.0001f * static_cast<float>(i % 7 + 1));
      bias.push_back(static_cast<float>(i % 5) - 2.0f);
      zero_points.push_back(static_cast<int32_t>(i % 11) - 5);
    }
  }

  std::vector<int32_t> Sums(Context& context, const WeightsRef& b) const {
    std::vector<int32_t> c(m * n, 7);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), b, MatrixView<int32_t>(c.data(), m, n), Store::kAccumulate));
    return c;
  }
  std::vector<float> Floats(Context& context, const WeightsRef& b) const {
    Dequantization d;
    d.row_scales = {row_scales.data(), m};
    d.column_scales = {scales.data(), n};
    d.column_zero_points = {zero_points.data(), n};
    d.bias = {bias.data(), n};
    std::vector<float> c(m * n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), b, d, MatrixView<float>(c.data(), m, n)));
    return c;
  }
  std::vector<int8_t> Bytes(Context& context, const WeightsRef& b) const {
    Requantization r;
    r.scales = {scales.data(), n};
    std::vector<int8_t> c(m * n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), b, r, MatrixView<int8_t>(c.data(), m, n)));
    return c;
  }
  // Zero points of rows, of which `each` has its own or the first is for all, and of columns: they need column sums.
  std::vector<int32_t> SumsWithZeros(Context& context, const WeightsRef& b, bool each) const {
    std::vector<int32_t> c(m * n, 7);
    const ZeroPoints zeros{{row_zero_points.data(), each ? m : 1}, {zero_points.data(), n}};
    ISOQUANT_CHECK_OK(
        MatMul(context, a.const_view(), b, zeros, MatrixView<int32_t>(c.data(), m, n), Store::kAccumulate));
    return c;
  }
  std::vector<float> FloatsWithZeros(Context& context, const WeightsRef& b, bool each) const {
    Dequantization d;
    d.row_scales = {row_scales.data(), m};
    d.row_zero_points = {row_zero_points.data(), each ? m : 1};
    d.column_scales = {scales.data(), n};
    std::vector<float> c(m * n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), b, d, MatrixView<float>(c.data(), m, n)));
    return c;
  }
  std::vector<int8_t> BytesWithZeros(Context& context, const WeightsRef& b, bool each) const {
    Requantization r;
    r.scales = {scales.data(), n};
    r.a_zero_points = {row_zero_points.data(), each ? m : 1};
    r.b_zero_points = {zero_points.data(), 1};
    std::vector<int8_t> c(m * n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), b, r, MatrixView<int8_t>(c.data(), m, n)));
    return c;
  }
  void CheckZeros(Context& context) const {
    CAPTURE(m);
    CAPTURE(k);
    CAPTURE(n);
    const PackedWeights packed = Packed(context, KxN{kxn.const_view()});
    for (const WeightsRef& b : {WeightsRef(KxN{kxn.const_view()}), WeightsRef(NxK{nxk.const_view()})}) {
      for (const bool each : {false, true}) {
        CHECK(SumsWithZeros(context, b, each) == SumsWithZeros(context, packed, each));
        CHECK(FloatsWithZeros(context, b, each) == FloatsWithZeros(context, packed, each));
        CHECK(BytesWithZeros(context, b, each) == BytesWithZeros(context, packed, each));
      }
    }
  }
  void Check(Context& context) const {
    CAPTURE(m);
    CAPTURE(k);
    CAPTURE(n);
    const PackedWeights packed = Packed(context, KxN{kxn.const_view()});
    for (const WeightsRef& b : {WeightsRef(KxN{kxn.const_view()}), WeightsRef(NxK{nxk.const_view()})}) {
      CHECK(Sums(context, b) == Sums(context, packed));
      CHECK(Floats(context, b) == Floats(context, packed));
      CHECK(Bytes(context, b) == Bytes(context, packed));
    }
  }

  size_t m, k, n;
  GuardedMatrix<A> a;
  GuardedMatrix<T> kxn, nxk;
  std::vector<float> row_scales, scales, bias;
  std::vector<int32_t> zero_points, row_zero_points;
};

TEST_CASE("Plain weights: s8 and u8, sums, floats and bytes, as with packed ones") {
  // Strips; rows that are 2 KiB apart and share sets of L1.
  for (const Shape& shape : {Shape{1, 70, 1100}, Shape{3, 300, 77}, Shape{6, 64, 512}, Shape{11, 710, 130}}) {
    for (const size_t gap : {size_t{0}, size_t{5}, 2048 - shape.n}) {
      const Product<int8_t, int8_t> s8s8(shape, gap, 1);
      const Product<uint8_t, int8_t> u8s8(shape, gap, 2);
      const Product<int8_t, uint8_t> s8u8(shape, gap, 3);
      const Product<uint8_t, uint8_t> u8u8(shape, gap, 4);
      ForEachTier([&](Context& context) {
        s8s8.Check(context);
        u8s8.Check(context);
        s8u8.Check(context);
        u8u8.Check(context);
      });
    }
  }
}

// B of rows whole lines apart that begins anywhere in a line: groups of columns, of which the first and the last may
// share some, and sums that are added to.
TEST_CASE("Plain weights: few rows of B that begins within a line") {
  constexpr size_t kK = 70, kStride = 320;
  std::vector<int8_t> memory(kK * kStride + 64);
  Random random(7);
  FillIntegers(random, memory.data(), memory.size());
  int8_t* const line = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
  for (const size_t l2_bytes : {DetectCpu().l2_bytes, size_t{1} << 13}) {
    Cpu cpu = DetectCpu();
    cpu.l2_bytes = l2_bytes;
    const ScopedDetection detection(cpu, false);
    for (const size_t m : Sizes{1, 3, 6}) {
      const std::vector<uint8_t> a(m * kK, 201);
      const MatrixView<const uint8_t> rows(a.data(), m, kK);
      for (const size_t offset : Sizes{1, 16, 63}) {
        for (const size_t n : Sizes{63, 64, 65, 100, 127, 128, 129, 192, 200, 256}) {
          CAPTURE(m);
          CAPTURE(offset);
          CAPTURE(n);
          const KxN b{MatrixView<const int8_t>(line + offset, kK, n, kStride)};
          ForEachTierOn<ThreadExecutor>({1, 2}, [&](Context& context, const ThreadExecutor&) {
            const PackedWeights packed = Packed(context, b);
            for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
              const GuardedMatrix<int32_t> c(m, n), expected(m, n);
              for (int32_t& x : c.buffer()) x = 5;
              for (int32_t& x : expected.buffer()) x = 5;
              ISOQUANT_CHECK_OK(MatMul(context, rows, b, c.view(), store));
              ISOQUANT_CHECK_OK(MatMul(context, rows, packed, expected.view(), store));
              CHECK(std::equal(c.buffer().begin(), c.buffer().end(), expected.buffer().begin()));
            }
          });
        }
      }
    }
  }
}

// A row of ones that finds column sums comes on top of the rows; more of them are packed, on the way or before, and
// from far away in chunks of K.
const Shape kShapesWithZeros[] = {{1, 70, 1100}, {1, 0, 20},      {1, 1, 1},      {5, 400, 77},  {6, 64, 130},
                                  {11, 900, 66}, {24, 200, 300},  {40, 700, 330}, {33, 90, 100}, {200, 300, 40},
                                  {3, 129, 700}, {30, 1500, 140}, {2, 33, 64}};

template <class A, class T>
void CheckZeros(const Shape& shape, size_t gap) {
  const Product<A, T> product(shape, gap, shape.m + shape.k);
  ForEachTier([&](Context& context) { product.CheckZeros(context); });
}

TEST_CASE("Plain weights: zero points of rows, as with packed ones") {
  for (const size_t l2_bytes : {DetectCpu().l2_bytes, size_t{1} << 13}) {
    Cpu cpu = DetectCpu();
    cpu.l2_bytes = l2_bytes;
    const ScopedDetection detection(cpu, false);
    for (const Shape& shape : kShapesWithZeros) {
      CheckZeros<uint8_t, int8_t>(shape, 0);
      CheckZeros<int8_t, uint8_t>(shape, 5);
      CheckZeros<uint8_t, uint8_t>(shape, 2048 - shape.n);
    }
  }
}

// Each product of a batch has weights of its own, or shares them.
TEST_CASE("Plain weights: zero points of rows in batches") {
  constexpr size_t kCount = 3, kK = 150, kN = 90;
  for (const size_t m : Sizes{1, 5, 30}) {
    const Product<uint8_t, uint8_t> all({kCount * m, kK, kCount * kN}, 0, m);
    const MatrixBatch<const uint8_t> a(all.a.view().data, kCount, m, kK, kK + 3, m * (kK + 3));
    const WeightsBatch each(NxK{MatrixView<const uint8_t>(all.nxk.view().data, kN, kK)}, kCount, kK * kN);
    const WeightsBatch shared(NxK{MatrixView<const uint8_t>(all.nxk.view().data, kN, kK)});
    const ZeroPoints zeros{{all.row_zero_points.data(), m}, {all.zero_points.data(), kN}};
    ForEachTierOn<ThreadExecutor>({1, 2, 5}, [&](Context& context, const ThreadExecutor&) {
      for (const WeightsBatch* b : {&each, &shared}) {
        std::vector<int32_t> c(kCount * m * kN);
        ISOQUANT_CHECK_OK(MatMulBatch(context, a, *b, zeros, MatrixBatch<int32_t>(c.data(), kCount, m, kN)));
        for (size_t i = 0; i < kCount; ++i) {
          const PackedWeights packed = Packed(
              context, NxK{MatrixView<const uint8_t>(all.nxk.view().data + (b == &each ? i * kK * kN : 0), kN, kK)});
          std::vector<int32_t> expected(m * kN);
          ISOQUANT_CHECK_OK(MatMul(context, a.At(i), packed, zeros, MatrixView<int32_t>(expected.data(), m, kN)));
          CHECK(std::equal(expected.begin(), expected.end(), c.begin() + static_cast<ptrdiff_t>(i * m * kN)));
        }
      }
    });
  }
}

TEST_CASE("Plain weights: few rows, any number of workers") {
  const Product<int8_t, int8_t> wide({2, 2100, 2050}, 0, 1), narrow({5, 9000, 100}, 0, 2);
  ForEachTierOn<ThreadExecutor>({2, 3, 16}, [&](Context& context, const ThreadExecutor&) {
    wide.Check(context);
    narrow.Check(context);
    wide.CheckZeros(context);
    narrow.CheckZeros(context);
  });
}

}  // namespace
}  // namespace isoquant
