// Tests of products of few rows and plain K x N of floats, which are read where they lie: f32 and bf16, exact and fast,
// from small and from large caches, in all kinds of products. They must have the bits of packed weights, whose products
// other tests compare with the definition.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/batch.h"
#include "isoquant/isoquant.h"
#include "test/executors.h"
#include "test/guarded.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

float Number(Random& random, float*) { return std::ldexp(random.Signed(), static_cast<int>(random.Below(9)) - 4); }
BFloat16 Number(Random& random, BFloat16*) {
  const uint64_t bits = random();
  return {static_cast<uint16_t>((bits & 0x807f) | (120 + (bits >> 8) % 14) << 7)};
}
// Numbers, and here and there something else: infinities, NaN, zeros of both signs, subnormal numbers.
constexpr uint16_t kSpecial[] = {0x7f80, 0xff80, 0x7fc1, 0xffc0, 0x0000, 0x8000, 0x0001, 0x807f, 0x7f7f};
BFloat16 Special(Random& random, BFloat16*) { return {kSpecial[random.Below(sizeof(kSpecial) / sizeof(kSpecial[0]))]}; }
float Special(Random& random, float*) {
  const uint32_t bits = uint32_t{Special(random, static_cast<BFloat16*>(nullptr)).bits} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

template <class T>
struct Product {
  Product(const Shape& shape, uint64_t seed, bool special = false)
      : m(shape.m), k(shape.k), n(shape.n), a(m, k, k + shape.gap), b(k, n, n + shape.gap), before(m * n) {
    Random random(seed);
    const auto fill = [&](T& x) { x = special && random.Below(40) == 0 ? Special(random, &x) : Number(random, &x); };
    for (T& x : a.buffer()) fill(x);
    for (T& x : b.buffer()) fill(x);
    for (float& x : before) x = Number(random, &x);
    for (size_t i = 0; i < n; ++i) bias.push_back(random.Signed());
    output.bias = {bias.data(), n};
    output.max = 3.0f;
  }

  std::vector<float> Sums(Context& context, const WeightsRef& weights, Store store) const {
    // Rows that end at a guard page, further apart than they are long.
    const GuardedMatrix<float> c(m, n, n + 3);
    for (float& x : c.buffer()) x = 77.0f;
    for (size_t row = 0; row < m; ++row) std::copy_n(before.data() + row * n, n, c.view().Row(row));
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), weights, c.view(), store));
    return {c.buffer().begin(), c.buffer().end()};
  }
  template <class C>
  std::vector<C> Outputs(Context& context, const WeightsRef& weights) const {
    const GuardedMatrix<C> c(m, n);
    ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), weights, output, c.view()));
    return {c.buffer().begin(), c.buffer().end()};
  }
  void Check(Context& context) const {
    CAPTURE(m);
    CAPTURE(k);
    CAPTURE(n);
    CAPTURE(sizeof(T));
    const KxN plain{b.const_view()};
    const PackedWeights packed = Packed(context, plain);
    for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
      CHECK(AreSame(Sums(context, plain, store), Sums(context, packed, store)));
    }
    CHECK(AreSame(Outputs<float>(context, plain), Outputs<float>(context, packed)));
    CHECK(AreSame(Outputs<BFloat16>(context, plain), Outputs<BFloat16>(context, packed)));
  }
  template <class C>
  static bool AreSame(const std::vector<C>& x, const std::vector<C>& y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(C)) == 0);
  }

  size_t m, k, n;
  GuardedMatrix<T> a, b;
  std::vector<float> before, bias;
  FloatOutput output;
};

// On each tier of the type, exact ones and fast ones.
template <class T, class F>
void ForEachTierOf(const F& f) {
  constexpr ElementType kType = std::is_same<T, float>::value ? ElementType::kF32 : ElementType::kBf16;
  Context probe;
  probe.SetFloatMode(FloatMode::kFast);
  size_t tiers = 0;
  for (const TierReport& report : ExplainTiers(probe, kType, kType)) {
    if (tiers == most_tiers) break;
    if (!report.usable) continue;
    INFO("tier ", report.name);
    f(report.name);
    ++tiers;
  }
  CHECK(tiers != 0);
}
template <class T>
void CheckOnTiers(const std::vector<Product<T>*>& products) {
  ForEachTierOf<T>([&](const std::string& tier) {
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    UseOnly(context, tier);
    for (const Product<T>* product : products) product->Check(context);
  });
}
template <class T>
void CheckShapes(const std::vector<Shape>& shapes, bool special = false) {
  for (const Shape& shape : shapes) {
    Product<T> product(shape, 1 + shape.m + shape.k * shape.n, special);
    CheckOnTiers<T>({&product});
  }
}

// Tiles have 12 or 6 rows, and 64, 32 or 16 columns.
std::vector<Shape> FewRows() {
  std::vector<Shape> shapes;
  for (const size_t m : Sizes{1, 2, 3, 6, 7, 12, 13, 24, 25}) {
    for (const size_t n : Sizes{1, 7, 8, 9, 16, 17, 63, 64, 100, 130}) shapes.push_back({m, 5 + m + n % 4, n, n % 3});
  }
  for (const size_t k : Sizes{0, 1, 2, 3, 4, 15, 16, 17, 31, 64, 65, 200}) shapes.push_back({5, k, 77, 1});
  // Outputs of more columns than a strip has; rows 4 KiB apart, which share a set of L1.
  for (const size_t n : Sizes{511, 512, 513, 1100}) shapes.push_back({3, 40, n});
  shapes.push_back({12, 1024, 64});
  return shapes;
}

TEST_CASE("Plain floats: few rows of f32") { CheckShapes<float>(FewRows()); }
TEST_CASE("Plain floats: few rows of bf16") { CheckShapes<BFloat16>(FewRows()); }

TEST_CASE("Plain floats: infinities, NaN, zeros and subnormal numbers") {
  const std::vector<Shape> shapes = {{1, 33, 70}, {7, 64, 40}, {13, 9, 130}};
  CheckShapes<float>(shapes, true);
  CheckShapes<BFloat16>(shapes, true);
}

TEST_CASE("Plain floats: few rows, from beyond the second-level cache") {
  Cpu cpu = DetectCpu();
  cpu.l2_bytes = size_t{1} << 13;
  const ScopedDetection detection(cpu, false);
  // Some lines of b at a time, the last ones fewer, from end to end of up to 4,096 columns.
  const std::vector<Shape> shapes = {{1, 70, 4200}, {2, 37, 4096},      {1, 133, 300, 4}, {5, 131, 330},
                                     {6, 64, 512},  {12, 201, 70, 954}, {13, 84, 65},     {24, 33, 130}};
  CheckShapes<float>(shapes);
  CheckShapes<BFloat16>(shapes);
}

template <class T>
void CheckWorkers() {
  Product<T> wide({2, 400, 8200}, 1), narrow({20, 3000, 300}, 2);
  ForEachTierOf<T>([&](const std::string& tier) {
    for (const size_t workers : WorkerCounts({2, 3, 16})) {
      ThreadExecutor executor(workers);
      Context context(executor);
      context.SetFloatMode(FloatMode::kFast);
      UseOnly(context, tier);
      wide.Check(context);
      narrow.Check(context);
    }
  });
}
TEST_CASE("Plain floats: few rows, any number of workers") {
  CheckWorkers<float>();
  CheckWorkers<BFloat16>();
}

// Several products, each with a B of its own, as heads of attention have.
template <class T>
void CheckBatch(size_t m) {
  constexpr size_t kCount = 3, kK = 67, kN = 150;
  Product<T> all({kCount * m, kCount * kK, kN}, m);
  const MatrixBatch<const T> a{all.a.view().data, kCount, m, kK, all.k, m * all.k};
  const KxN first{MatrixView<const T>(all.b.view().data, kK, kN)};
  const WeightsBatch b(first, kCount, kK * kN);
  ForEachTierOf<T>([&](const std::string& tier) {
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    UseOnly(context, tier);
    std::vector<float> sums(kCount * m * kN), outputs(kCount * m * kN);
    ISOQUANT_CHECK_OK(MatMulBatch(context, a, b, MatrixBatch<float>{sums.data(), kCount, m, kN, kN, m * kN}));
    ISOQUANT_CHECK_OK(
        MatMulBatch(context, a, b, all.output, MatrixBatch<float>{outputs.data(), kCount, m, kN, kN, m * kN}));
    for (size_t i = 0; i < kCount; ++i) {
      const PackedWeights packed = Packed(context, KxN{MatrixView<const T>(all.b.view().data + i * kK * kN, kK, kN)});
      std::vector<float> expected(m * kN);
      const MatrixView<float> c(expected.data(), m, kN);
      ISOQUANT_CHECK_OK(MatMul(context, a.At(i), packed, c));
      CHECK(std::memcmp(expected.data(), sums.data() + i * m * kN, m * kN * sizeof(float)) == 0);
      ISOQUANT_CHECK_OK(MatMul(context, a.At(i), packed, all.output, c));
      CHECK(std::memcmp(expected.data(), outputs.data() + i * m * kN, m * kN * sizeof(float)) == 0);
    }
  });
}
TEST_CASE("Plain floats: batches of few rows") {
  for (const size_t m : Sizes{1, 5, 13}) {
    CheckBatch<float>(m);
    CheckBatch<BFloat16>(m);
  }
}

}  // namespace
}  // namespace isoquant
