// Tests of MatMul to int32: every tier, exact, against the scalar definition.
#include "isoquant/matmul.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "test/executors.h"
#include "test/matmul_case.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

using Contexts = std::vector<std::unique_ptr<Context>>;

Contexts ContextOfEachTier() {
  Contexts contexts;
  for (const TierReport& report : ExplainTiers(Context())) {
    if (!report.usable) continue;
    contexts.emplace_back(new Context());
    UseOnly(*contexts.back(), report.name);
    REQUIRE(contexts.back()->tier() == report.name);
  }
  return contexts;
}

// All ways to call: packed from both orders and plain in both orders, overwriting and accumulating.
template <class A>
void CheckShape(const Contexts& contexts, Random& random, Shape shape) {
  CAPTURE(shape.m);
  CAPTURE(shape.k);
  CAPTURE(shape.n);
  CAPTURE(std::is_signed<A>::value);
  Case<A> test(random, shape, random.Below(3) * 7, random.Below(3) * 5);
  for (const auto& context : contexts) {
    INFO("tier ", context->tier());
    const KxN kxn{test.b.const_view()};
    const NxK nxk{test.b_transposed.const_view()};
    const PackedWeights packed = shape.n % 2 == 0 ? Packed(*context, kxn) : Packed(*context, nxk);
    test.Check(*context, packed, Store::kOverwrite);
    test.Check(*context, packed, Store::kAccumulate);
    test.Check(*context, kxn, Store::kOverwrite);
    test.Check(*context, nxk, Store::kAccumulate);
  }
}

template <class A>
void CheckShapes(const std::vector<Shape>& shapes) {
  const Contexts contexts = ContextOfEachTier();
  Random random(1);
  for (const Shape& shape : shapes) CheckShape<A>(contexts, random, shape);
}

// Tiles are up to 12 x 32; K advances by 4, and by 16 in unrolled loops.
std::vector<Shape> ShapesAroundTiles() {
  std::vector<Shape> shapes;
  for (size_t m : Sizes{1, 2, 5, 6, 7, 11, 12, 13, 25}) {
    for (size_t n : Sizes{1, 7, 15, 16, 17, 31, 32, 33, 49}) {
      for (size_t k : Sizes{1, 2, 3, 4, 5, 15, 16, 17, 61}) shapes.push_back({m, k, n});
    }
  }
  for (size_t m = 1; m <= 40; ++m) shapes.push_back({m, 20, 36});
  for (size_t n = 1; n <= 70; ++n) shapes.push_back({n % 3 + 1, 9, n});
  for (size_t n : Sizes{79, 96, 113, 128, 180}) shapes.push_back({2, 21, n});
  for (size_t k = 1; k <= 130; ++k) shapes.push_back({8, k, 40});
  // Wide tiles, 6 x 64, and rows that a tile arranges for the next one: of the last piece of 64 k any part.
  for (size_t k : Sizes{1, 4, 63, 64, 65, 127, 128, 131}) {
    for (size_t m : Sizes{13, 24, 31}) shapes.push_back({m, k, 64});
    shapes.push_back({17, k, 100});
    shapes.push_back({27, k, 48});
  }
  return shapes;
}

TEST_CASE("MatMul: shapes around the tiles, s8") { CheckShapes<int8_t>(ShapesAroundTiles()); }
TEST_CASE("MatMul: shapes around the tiles, u8") { CheckShapes<uint8_t>(ShapesAroundTiles()); }

// Columns that are multiplied along K, 64 at a time, and more of them.
TEST_CASE("MatMul: one to five columns") {
  std::vector<Shape> shapes;
  for (size_t m : Sizes{31, 32, 77, 130}) {
    for (size_t k : Sizes{8, 20, 64, 100, 2048, 2052}) {
      for (size_t n : Sizes{1, 2, 3, 4, 5}) shapes.push_back({m, k, n});
    }
  }
  CheckShapes<int8_t>(shapes);
  CheckShapes<uint8_t>(shapes);
}

// Panel after panel, or four at a time.
TEST_CASE("MatMul: one row") {
  std::vector<Shape> shapes;
  for (size_t k : Sizes{313, 316, 317, 320, 321, 333, 400, 515}) {
    for (size_t n : Sizes{1, 16, 30, 64, 65, 130}) shapes.push_back({1, k, n});
  }
  CheckShapes<int8_t>(shapes);
  CheckShapes<uint8_t>(shapes);
}

// Several chunks of K (more than 4096), several blocks of rows, rows that are 4 KiB apart, primes.
const std::vector<Shape> kLargeShapes = {{1, 4096, 64},  {13, 4097, 33}, {2, 8193, 17},   {14, 9001, 49},
                                         {130, 67, 129}, {257, 515, 19}, {601, 2049, 18}, {37, 4096, 100}};

TEST_CASE("MatMul: large and long shapes") {
  CheckShapes<int8_t>(kLargeShapes);
  CheckShapes<uint8_t>(kLargeShapes);
}

TEST_CASE("MatMul: rows 4 KiB apart are the same as dense ones") {
  const Contexts contexts = ContextOfEachTier();
  Random random(2);
  for (size_t stride : Sizes{4096, 4160, 2048, 8192}) {
    Case<uint8_t> test(random, {25, 77, 40}, stride - 77, 0);
    for (const auto& context : contexts) {
      INFO("tier ", context->tier());
      test.Check(*context, KxN{test.b.const_view()}, Store::kOverwrite);
    }
  }
}

TEST_CASE("MatMul: nothing to do, or nothing to add up") {
  const std::vector<Shape> shapes = {{0, 0, 0}, {0, 5, 7}, {3, 0, 5}, {20, 0, 40}, {3, 5, 0}};
  CheckShapes<int8_t>(shapes);
  CheckShapes<uint8_t>(shapes);
}

TEST_CASE("MatMul: weights without rows need no panels") {
  const int32_t sums[48] = {};
  const PackedPanels none{nullptr, sums, 0, 40};
  for (const size_t m : Sizes{1, 30}) {
    CAPTURE(m);
    const GuardedMatrix<int32_t> c(m, 40);
    ForEachTier([&](Context& context) {
      for (int32_t& value : c.buffer()) value = 7;
      const MatrixView<const int8_t> a(nullptr, m, 0);
      ISOQUANT_CHECK_OK(MatMul(context, a, WeightsRef(none), c.view(), Store::kAccumulate));
      CHECK(std::count(c.buffer().begin(), c.buffer().end(), 7) == static_cast<ptrdiff_t>(40 * m));
      ISOQUANT_CHECK_OK(MatMul(context, a, WeightsRef(none), c.view()));
      CHECK(std::count(c.buffer().begin(), c.buffer().end(), 0) == static_cast<ptrdiff_t>(40 * m));
    });
  }
}

// All products at the extreme of their type: where saturating instructions and 16-bit sums give way.
template <class A>
void CheckConstant(A a_value, int8_t b_value, size_t k) {
  const Contexts contexts = ContextOfEachTier();
  Random random(3);
  Case<A> test(random, {7, k, 33}, 0, 0);
  for (A& value : test.a.buffer()) value = a_value;
  for (int8_t& value : test.b.buffer()) value = b_value;
  for (int8_t& value : test.b_transposed.buffer()) value = b_value;
  test.Expect();
  for (const auto& context : contexts) {
    INFO("tier ", context->tier());
    test.Check(*context, NxK{test.b_transposed.const_view()}, Store::kOverwrite);
    test.Check(*context, KxN{test.b.const_view()}, Store::kAccumulate);
  }
}

TEST_CASE("MatMul: extremes are exact") {
  for (size_t k : Sizes{2, 64, 1027}) {
    for (int8_t b : {int8_t{-128}, int8_t{127}}) {
      CheckConstant<int8_t>(-128, b, k);
      CheckConstant<int8_t>(127, b, k);
      CheckConstant<uint8_t>(255, b, k);
    }
  }
}

TEST_CASE("MatMul: the documented limits of K, and sums modulo 2^32 beyond them") {
  CHECK(int64_t{65793} * 255 * -128 >= INT32_MIN);
  CHECK(int64_t{65794} * 255 * -128 < INT32_MIN);
  CheckConstant<uint8_t>(255, -128, 65793);
  CheckConstant<uint8_t>(255, -128, 65794);
  CHECK(int64_t{131071} * 128 * 128 <= INT32_MAX);
  CheckConstant<int8_t>(-128, -128, 131071);
  CheckConstant<int8_t>(-128, -128, 131072);
}

// Digests of products that every tier and any number of workers must give.
template <class A>
void CheckGoldenProducts(const std::string& type) {
  for (const Shape& shape : {Shape{1, 300, 100}, Shape{33, 257, 129}, Shape{70, 4500, 96}, Shape{130, 515, 200}}) {
    Random random(shape.m);
    Case<A> test(random, shape, 3, 2);
    Digest expected;
    expected.Add(test.overwritten.view());
    CheckGolden("matmul/" + type + "/" + std::to_string(shape.m) + "x" + std::to_string(shape.k) + "x" +
                    std::to_string(shape.n),
                expected.value());
    ForEachTierOn<ThreadExecutor>({1, 2, 3, 5, 16}, [&](Context& context, const ThreadExecutor&) {
      const PackedWeights packed = Packed(context, KxN{test.b.const_view()});
      test.Check(context, packed, Store::kOverwrite);
      test.Check(context, KxN{test.b.const_view()}, Store::kAccumulate);
    });
  }
}

TEST_CASE("MatMul: golden digests, any number of workers, s8") { CheckGoldenProducts<int8_t>("s8"); }
TEST_CASE("MatMul: golden digests, any number of workers, u8") { CheckGoldenProducts<uint8_t>("u8"); }

TEST_CASE("MatMul: many workers split rows and columns") {
  // Enough products for 16 tasks; tall, wide and square.
  for (const Shape& shape : {Shape{2000, 600, 20}, Shape{3, 2000, 3000}, Shape{300, 300, 300}}) {
    Random random(4);
    Case<int8_t> test(random, shape, 1, 0);
    for (size_t workers : Sizes{2, 3, 16}) {
      CAPTURE(workers);
      ThreadExecutor executor(workers);
      Context context(executor);
      test.Check(context, KxN{test.b.const_view()}, Store::kOverwrite);
    }
  }
}

TEST_CASE("MatMul: plain weights, a few panels at a time or all before, any number of workers") {
  const Contexts contexts = ContextOfEachTier();
  Random random(6);
  // Several portions of panels, the last one not whole; K in two chunks; more of A than stays in a second-level cache.
  const size_t many = DetectCpu().l2_bytes / 1027;
  for (const Shape& shape : {Shape{13, 1027, 300}, Shape{1, 4100, 290}, Shape{5, 129, 3001}, Shape{many, 1027, 33}}) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    Case<int8_t> test(random, shape, 1, 2);
    for (const auto& context : contexts) {
      INFO("tier ", context->tier());
      test.Check(*context, KxN{test.b.const_view()}, Store::kOverwrite);
      test.Check(*context, NxK{test.b_transposed.const_view()}, Store::kAccumulate);
    }
    for (size_t workers : Sizes{2, 3, 16}) {
      CAPTURE(workers);
      ThreadExecutor executor(workers);
      Context context(executor);
      test.Check(context, KxN{test.b.const_view()}, Store::kAccumulate);
      test.Check(context, NxK{test.b_transposed.const_view()}, Store::kOverwrite);
    }
  }
}

TEST_CASE("MatMul: plain weights of many second-level caches, slab by slab, any number of workers") {
  Cpu cpu = DetectCpu();
  cpu.l2_bytes = size_t{1} << 15;
  const ScopedDetection detection(cpu, false);
  const Contexts contexts = ContextOfEachTier();
  Random random(8);
  // One row; several tiles, and a last slab of few columns; tiles that fetch the next slab.
  for (const Shape& shape : {Shape{1, 530, 520}, Shape{13, 515, 1030}, Shape{26, 450, 700}}) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    Case<int8_t> s8(random, shape, 1, 3);
    Case<uint8_t> u8(random, shape, 0, 0);
    for (const auto& context : contexts) {
      INFO("tier ", context->tier());
      s8.Check(*context, KxN{s8.b.const_view()}, Store::kOverwrite);
      s8.Check(*context, NxK{s8.b_transposed.const_view()}, Store::kOverwrite);
      u8.Check(*context, KxN{u8.b.const_view()}, Store::kAccumulate);
    }
    for (size_t workers : Sizes{2, 3}) {
      CAPTURE(workers);
      ThreadExecutor executor(workers);
      Context context(executor);
      s8.Check(context, KxN{s8.b.const_view()}, Store::kAccumulate);
    }
  }
}

TEST_CASE("MatMul: weights that stay in the second-level cache, outputs that do not, any number of workers") {
  const Contexts contexts = ContextOfEachTier();
  Random random(7);
  for (const size_t n : Sizes{288, 299}) {  // whole panels, and not
    CAPTURE(n);
    const size_t m = DetectCpu().l2_bytes / 2 / (n * sizeof(int32_t)) + 13;
    Case<int8_t> test(random, {m, 37, n}, 3, 2);
    for (const auto& context : contexts) {
      INFO("tier ", context->tier());
      const PackedWeights packed = Packed(*context, KxN{test.b.const_view()});
      test.Check(*context, packed, Store::kOverwrite);
      test.Check(*context, packed, Store::kAccumulate);
    }
    for (size_t workers : Sizes{2, 3, 16}) {
      CAPTURE(workers);
      ThreadExecutor executor(workers);
      Context context(executor);
      test.Check(context, Packed(context, KxN{test.b.const_view()}), Store::kAccumulate);
    }
  }
}

TEST_CASE("MatMul: products of a few microseconds wake no second worker") {
  Random random(9);
  ThreadExecutor two(2);
  WatchedExecutor executor(two);
  Context context(executor);
  Context alone;
  // Lone tiles, blocks of a tile each, wide tiles.
  for (const Shape& shape : {Shape{1, 256, 256}, {16, 16, 16}, {33, 257, 129}, {64, 64, 64}, {16, 256, 256}}) {
    CAPTURE(shape.m);
    Case<int8_t> test(random, shape, 0, 0);
    test.Check(context, Packed(alone, KxN{test.b.const_view()}), Store::kAccumulate);
    CHECK(executor.runs() == 0);
  }
}

TEST_CASE("MatMul: one row at a time is the same as all rows") {
  Random random(5);
  Case<int8_t> test(random, {30, 333, 70}, 5, 0);
  ForEachTier([&](Context& context) {
    const PackedWeights packed = Packed(context, KxN{test.b.const_view()});
    for (size_t r = 0; r < 30; ++r) {
      GuardedMatrix<int32_t> c(1, 70);
      const MatrixView<const int8_t> row(test.a.view().Row(r), 1, 333);
      ISOQUANT_CHECK_OK(MatMul(context, row, packed, c.view()));
      for (size_t j = 0; j < 70; ++j) REQUIRE(c.at(0, j) == test.overwritten.at(r, j));
    }
  });
}

}  // namespace
}  // namespace isoquant
