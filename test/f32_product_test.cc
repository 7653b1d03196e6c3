// Tests that the engine keeps what it promises to policies for floats: each output is one chain of fused multiply-adds
// in increasing k that starts from C or from 0, whatever the shape, the tiles, the stage, the threads and the target.
#include "test/f32_product.h"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "doctest/doctest.h"
#include "test/f32_case.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

// Calls f(context) once for each Highway target, though it may have several tiers of int8.
template <class F>
void ForEachTarget(const F& f) {
  int64_t last = 0;
  ForEachTier([&](Context& context) {
    if (context.targets() == last) return;
    last = context.targets();
    f(context);
  });
}

// Runs a case of each shape on every target, by the calling thread.
void CheckShapes(const std::vector<Shape>& shapes, bool some = false) {
  Random random(1);
  for (const Shape& shape : shapes) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    F32Case test(random, shape);
    ForEachTarget([&](Context& context) { test.Check(context, some); });
  }
}

TEST_CASE("Products of f32: other orders of summation give other bits") {
  Random random(2);
  F32Case test(random, {6, 64, 17});
  using Out = F32Output;
  CHECK(test.Differing(Out::kOverwrite, [&](size_t m, size_t n) { return test.TwoChains(m, n); }) > 0.5);
  CHECK(test.Differing(Out::kOverwrite, [&](size_t m, size_t n) { return test.Unfused(m, n); }) > 0.5);
  CHECK(test.Differing(Out::kOverwrite, [&](size_t m, size_t n) { return test.FromTheEnd(m, n); }) > 0.5);
  CHECK(test.Differing(Out::kAccumulate, [&](size_t m, size_t n) { return test.CLast(m, n); }) > 0.5);
  // A new chain for each chunk of K: the driver makes three, of 1376 steps and of 1345.
  F32Case deep(random, {2, 4097, 17});
  CHECK(deep.Differing(Out::kOverwrite, [&](size_t m, size_t n) { return deep.ChainOfEachChunk(m, n, 1376); }) > 0.5);
}

// Tiles have 5 rows, or 7 where there is one panel; one or two panels; steps of 4, pieces of 8.
TEST_CASE("Products of f32: shapes around the tiles") {
  std::vector<Shape> shapes;
  for (const size_t m : Sizes{1, 4, 5, 6, 7, 8, 16, 17}) {
    for (const size_t n : Sizes{1, 15, 16, 17, 31, 32, 33}) {
      for (const size_t k : Sizes{1, 3, 4, 5, 7, 8, 9, 17}) shapes.push_back({m, k, n, (m + n + k) % 3 * 5});
    }
  }
  for (size_t m = 1; m <= 24; ++m) shapes.push_back({m, 13, 40, m % 2});
  CheckShapes(shapes, true);
}

TEST_CASE("Products of f32: all tiles of one panel, and of some more") {
  std::vector<Shape> shapes;
  for (size_t m = 1; m <= 17; ++m) {
    for (size_t n = 1; n <= 16; ++n) shapes.push_back({m, (m * 5 + n) % 7 + 1, n, (m + n) % 2});
  }
  for (const size_t m : Sizes{1, 2, 6, 7, 12, 13}) {
    for (const size_t n : Sizes{24, 39, 48, 56, 64, 72, 100}) shapes.push_back({m, 6 + n % 2, n, n % 3});
  }
  CheckShapes(shapes, true);
}

TEST_CASE("Products of f32: all ways to call, nothing to add up, rows on lines of the cache") {
  // Rows on lines are read in place however many columns there are; others are arranged from 64 or 128 columns on.
  CheckShapes({{0, 3, 4},
               {3, 0, 5},
               {3, 4, 0},
               {12, 0, 40},
               {1, 37, 100, 3},
               {13, 37, 100, 3},
               {13, 33, 150, 1},
               {13, 48, 150, 16},
               {9, 48, 200},
               {20, 50, 163, 2}});
}

TEST_CASE("Products of f32: chains go on through the chunks of K") {
  CheckShapes({{1, 4095, 17},
               {1, 4096, 33},
               {1, 4097, 16},
               {6, 4095, 16},
               {6, 4096, 17},
               {6, 4097, 16, 3},
               {8, 4097, 17},
               {13, 4100, 33, 1},
               {17, 8193, 16},
               {6, 8200, 40}},
              true);
}

TEST_CASE("Products of f32: several blocks of rows") {
  const size_t k = 2051;
  CheckShapes({{DetectCpu().l2_bytes / 8 / k + 20, k, 3}, {DetectCpu().l2_bytes / 8 / k + 20, k, 17, 1}}, true);
}

TEST_CASE("Products of f32: any number of workers, whatever their float environments") {
  Random random(3);
  F32Case wide(random, {3, 1030, 1103}), square(random, {40, 1030, 410, 1}), tall(random, {700, 1030, 16});
  ForEachTarget([&](Context& target) {
    for (const size_t workers : WorkerCounts({1, 2, 3, 8})) {
      CAPTURE(workers);
      UnusualExecutor executor(workers);
      Context context(executor);
      ISOQUANT_CHECK_OK(context.SetMaxTier(target.tier()));
      size_t order = workers;
      for (F32Case* test : {&wide, &square, &tall}) {
        const std::vector<F32Way> ways = Ways();
        const F32Way way = ways[order++ % ways.size()];
        CHECK(test->IsRight(context, way, kOutputs[order % 4], test->packed()));
        CHECK(test->IsRight(context, way, kOutputs[(order + 1) % 4], KxN{test->b().const_view()}));
      }
      CHECK(executor.kept());
      CHECK((workers == 1 || executor.most_tasks() >= workers));
    }
  });
}

TEST_CASE("Products of f32: subnormal numbers, whatever the caller's float environment") {
  Random random(4);
  F32Case lone(random, {3, 9, 17}, 0x1p-70f), blocks(random, {11, 9, 40}, 0x1p-70f);
  ForEachFloatSettings([&](const auto& run) {
    ForEachTarget([&](Context& context) {
      for (const F32Way way : Ways()) {
        for (const F32Output output : kOutputs) {
          CHECK(lone.IsRight(context, way, output, lone.packed(), run));
          CHECK(blocks.IsRight(context, way, output, blocks.packed(), run));
        }
      }
    });
  });
}

TEST_CASE("Products of f32: signs of zeros, infinities, and what stands in for rows and columns past the end") {
  Random random(5);
  for (const size_t k : Sizes{0, 1, 3, 4, 5, 9}) {
    CAPTURE(k);
    F32Case test(random, {13, k, 35});
    for (float& x : test.a().buffer()) x = 0.0f;
    for (float& x : test.b().buffer()) x = -1.0f;
    for (float& x : test.before().buffer()) x = -0.0f;
    // Row 1 has infinite sums: of padding, 0 times infinity would be NaN. The others stay -0 where C was, +0 elsewhere.
    if (k != 0) test.a().at(1, k - 1) = HUGE_VALF;
    if (k != 0) test.b().at(k - 1, 34) = HUGE_VALF;
    if (k != 0) test.a().at(0, k - 1) = 1.0f;
    test.Prepare();
    ForEachTarget([&](Context& context) { test.Check(context); });
  }
}

TEST_CASE("Products of f32: one row at a time is the same as all rows") {
  Random random(6);
  F32Case all(random, {30, 333, 70});
  ForEachTarget([&](Context& context) {
    for (const F32Way way : Ways()) {
      const GuardedMatrix<float> whole(30, 70), single(1, 70);
      const Guarded<float> factors(70);
      const auto multiply = [&](const MatrixView<const float>& a, const MatrixView<float>& c) {
        ISOQUANT_CHECK_OK(MultiplyF32(context, way, F32Output::kOverwrite, a, all.packed(), factors.data(), c));
      };
      multiply(all.a().const_view(), whole.view());
      size_t different = 0;
      for (size_t r = 0; r < 30; ++r) {
        multiply({all.a().view().Row(r), 1, 333}, single.view());
        different += std::memcmp(single.buffer().data(), whole.view().Row(r), 70 * sizeof(float)) != 0 ? 1 : 0;
      }
      CHECK(different == 0);
    }
  });
}

}  // namespace
}  // namespace isoquant
