// Tests of MatMulBatch: every product has the bits of MatMul, whatever the operands, strides, workers and tier.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/executors.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

// How the matrices of a batch lie: one after the other, with gaps between them and between rows; or as heads do, so
// that their rows take turns.
enum class Layout { kBlocks, kGaps, kTurns };
constexpr Layout kLayouts[] = {Layout::kBlocks, Layout::kGaps, Layout::kTurns};

// Its last element ends where a page begins that cannot be touched.
template <class T>
class GuardedBatch {
 public:
  GuardedBatch(size_t count, size_t rows, size_t cols, Layout layout) : batch_(nullptr, count, rows, cols) {
    if (layout == Layout::kGaps) {
      batch_.row_stride = cols + 3;
      batch_.batch_stride = rows * batch_.row_stride + 5;
    } else if (layout == Layout::kTurns) {
      batch_.batch_stride = cols + 2;
      batch_.row_stride = count * batch_.batch_stride;
    }
    const size_t size = batch_.empty() ? 0 : (count - 1) * batch_.batch_stride + (rows - 1) * batch_.row_stride + cols;
    memory_ = std::make_unique<Guarded<T>>(size);
    batch_.data = memory_->data();
  }

  const MatrixBatch<T>& batch() const { return batch_; }
  MatrixBatch<const T> const_batch() const { return batch_; }
  const Guarded<T>& memory() const { return *memory_; }
  size_t bytes() const { return memory_->size() * sizeof(T); }

 private:
  MatrixBatch<T> batch_;
  std::unique_ptr<Guarded<T>> memory_;
};

template <class T>
void FillAny(Random& random, T* data, size_t size) {
  if constexpr (std::is_same<T, float>::value) {
    for (size_t i = 0; i < size; ++i) data[i] = random.Signed();
  } else if constexpr (std::is_same<T, BFloat16>::value) {
    for (size_t i = 0; i < size; ++i) {
      const float x = random.Signed();
      uint32_t bits;
      std::memcpy(&bits, &x, sizeof(bits));
      data[i] = {static_cast<uint16_t>(bits >> 16)};
    }
  } else {
    FillIntegers(random, data, size);
  }
}

struct Sizes {
  size_t count, weights;  // products, and matrices of b
  size_t m, k, n;
};

// The operands of a batch, b in all its kinds.
template <class A, class B>
struct Operands {
  Operands(const Sizes& sizes_in, Layout layout, uint64_t seed)
      : sizes(sizes_in),
        a(sizes.count, sizes.m, sizes.k, layout),
        kxn(sizes.weights, sizes.k, sizes.n, layout),
        nxk(sizes.weights, sizes.n, sizes.k, layout),
        packed(sizes.weights) {
    Random random(seed);
    FillAny(random, a.memory().data(), a.memory().size());
    FillAny(random, kxn.memory().data(), kxn.memory().size());
    Context context;
    for (size_t i = 0; i < sizes.weights; ++i) {
      const MatrixView<B> from = kxn.batch().At(i), to = nxk.batch().At(i);
      for (size_t k = 0; k < sizes.k; ++k) {
        for (size_t n = 0; n < sizes.n; ++n) to.Row(n)[k] = from.Row(k)[n];
      }
      packed[i] = Packed(context, KxN{from});
    }
  }

  std::vector<WeightsBatch> Kinds() const {
    const MatrixBatch<B>&k_by_n = kxn.batch(), &n_by_k = nxk.batch();
    const size_t count = sizes.weights;
    std::vector<WeightsBatch> kinds{VectorView<const PackedWeights>(packed.data(), count),
                                    WeightsBatch(KxN{k_by_n.At(0)}, count, k_by_n.batch_stride),
                                    WeightsBatch(NxK{n_by_k.At(0)}, count, n_by_k.batch_stride)};
    if (count == 1) {
      kinds.push_back(packed[0]);
      kinds.push_back(KxN{k_by_n.At(0)});
      kinds.push_back(NxK{n_by_k.At(0)});
      kinds.push_back(WeightsBatch(KxN{k_by_n.At(0)}, sizes.count, 0));
    }
    return kinds;
  }
  // Of a product.
  const PackedWeights& WeightsOf(size_t product) const { return packed[product / (sizes.count / sizes.weights)]; }

  const Sizes sizes;
  GuardedBatch<A> a;
  GuardedBatch<B> kxn, nxk;
  std::vector<PackedWeights> packed;
};

// Output memory, gaps included, as a loop of MatMul leaves it. `single` is called for each product.
template <class C, class A, class B, class Single>
std::vector<C> LoopOfMatMul(const Operands<A, B>& o, const GuardedBatch<C>& c, const Single& single) {
  std::memset(c.memory().data(), 0x55, c.bytes());
  Context context;
  for (size_t i = 0; i < o.sizes.count; ++i) {
    ISOQUANT_CHECK_OK(single(context, i, o.a.const_batch().At(i), o.WeightsOf(i), c.batch().At(i)));
  }
  return {c.memory().begin(), c.memory().end()};
}

template <class C>
void CheckSame(const GuardedBatch<C>& c, const std::vector<C>& expected) {
  CHECK(std::memcmp(c.memory().data(), expected.data(), c.bytes()) == 0);
}

// On every tier, with several workers and each kind of b.
template <class C, class A, class B, class Single, class Batch>
void CheckLikeMatMul(const Sizes& sizes, Layout layout, std::initializer_list<size_t> workers, const Single& single,
                     const Batch& batch) {
  INFO(sizes.count, " x ", sizes.m, " x ", sizes.k, " x ", sizes.n, ", ", sizes.weights, " weights, layout ",
       static_cast<int>(layout));
  const Operands<A, B> o(sizes, layout, sizes.count * 31 + sizes.m + sizes.k + sizes.n);
  const GuardedBatch<C> c(sizes.count, sizes.m, sizes.n, layout);
  const std::vector<C> expected = LoopOfMatMul(o, c, single);
  ForEachTierOn<ThreadExecutor>(workers, [&](Context& context, ThreadExecutor&) {
    size_t kind = 0;
    for (const WeightsBatch& b : o.Kinds()) {
      CAPTURE(kind);
      ++kind;
      std::memset(c.memory().data(), 0x55, c.bytes());
      ISOQUANT_CHECK_OK(batch(context, o.a.const_batch(), b, c.batch()));
      CheckSame(c, expected);
    }
  });
}

template <class A, class B, class C>
void CheckSums(const Sizes& sizes, Layout layout, Store store, std::initializer_list<size_t> workers) {
  CheckLikeMatMul<C, A, B>(
      sizes, layout, workers,
      [&](Context& context, size_t, const auto& a, const auto& b, const auto& c) {
        return MatMul(context, a, b, c, store);
      },
      [&](Context& context, const auto& a, const auto& b, const auto& c) {
        return MatMulBatch(context, a, b, c, store);
      });
}

template <class A, class B>
void CheckSumsOfIntegers(const Sizes& sizes, Layout layout, std::initializer_list<size_t> workers) {
  CheckSums<A, B, int32_t>(sizes, layout, Store::kOverwrite, workers);
  CheckSums<A, B, int32_t>(sizes, layout, Store::kAccumulate, workers);
}

// Sizes around tiles, one product and none, empty ones; b for each, for groups, for all.
constexpr Sizes kSmall[] = {{1, 1, 1, 1, 1},   {3, 3, 5, 17, 33}, {4, 2, 13, 64, 16}, {6, 1, 1, 130, 40},
                            {2, 2, 20, 66, 7}, {12, 4, 7, 9, 65}, {0, 0, 3, 4, 5},    {3, 3, 0, 4, 5},
                            {3, 1, 4, 0, 5},   {3, 3, 4, 5, 0},   {1, 1, 33, 70, 48}, {5, 5, 2, 3, 17}};

TEST_CASE("Batches: sums, every kind of b and layout, on every tier") {
  size_t i = 0;
  for (const Sizes& sizes : kSmall) {
    const Layout layout = kLayouts[i++ % 3];
    CheckSumsOfIntegers<int8_t, int8_t>(sizes, layout, {1, 3});
    CheckSumsOfIntegers<uint8_t, int8_t>(sizes, layout, {1, 3});
    CheckSumsOfIntegers<int8_t, uint8_t>(sizes, layout, {1, 3});
    CheckSumsOfIntegers<uint8_t, uint8_t>(sizes, kLayouts[i % 3], {1, 3});
    CheckSums<float, float, float>(sizes, layout, Store::kOverwrite, {1, 3});
    CheckSums<float, float, float>(sizes, kLayouts[i % 3], Store::kAccumulate, {1, 3});
    CheckSums<BFloat16, BFloat16, float>(sizes, kLayouts[i % 3], Store::kOverwrite, {1, 3});
    CheckSums<BFloat16, BFloat16, float>(sizes, layout, Store::kAccumulate, {1, 3});
  }
}

// Work for several workers: whole products, blocks of rows, parts of columns, several products to a task.
constexpr Sizes kLarge[] = {{12, 3, 64, 96, 80}, {2, 2, 1, 600, 1500}, {50, 50, 9, 100, 100}, {3, 1, 70, 515, 40}};

TEST_CASE("Batches: any number of workers") {
  CheckSums<int8_t, int8_t, int32_t>({7, 7, 70, 150, 96}, Layout::kTurns, Store::kOverwrite, {1, 2, 3, 4, 5, 6, 7, 8});
  size_t i = 0;
  for (const Sizes& sizes : kLarge) {
    CheckSums<uint8_t, uint8_t, int32_t>(sizes, kLayouts[i++ % 3], Store::kAccumulate, {2, 8});
  }
  CheckSums<float, float, float>({4, 4, 40, 200, 140}, Layout::kGaps, Store::kOverwrite, {3});
  CheckSums<BFloat16, BFloat16, float>({4, 2, 40, 199, 140}, Layout::kTurns, Store::kAccumulate, {3});
}

// ---- What sums become: parameters of each product, or those of the first for all.

template <class T>
VectorView<const T> Some(const std::vector<T>& v, size_t offset, size_t size) {
  return {v.data() + offset, size};
}

struct Parameters {
  Parameters(const Sizes& s, uint64_t seed)
      : zeros(2 * s.count + s.m + s.n), floats(zeros.size() + s.n), multipliers(s.count + s.n), shifts(s.count + s.n) {
    Random random(seed);
    for (int32_t& z : zeros) z = static_cast<int32_t>(random.Below(300)) - 150;
    for (float& f : floats) f = random.Signed();
    for (int32_t& multiplier : multipliers) multiplier = static_cast<int32_t>(random.Below(uint64_t{1} << 31));
    for (int8_t& shift : shifts) shift = static_cast<int8_t>(-static_cast<int>(random.Below(12)));
    for (size_t i = 0; i < s.count; ++i) {
      // None, one, each, in turn; of a and of b.
      const size_t rows[] = {0, 1, s.m}, cols[] = {s.n, 0, 1, 0};
      z.push_back({Some(zeros, i, rows[i % 3]), Some(zeros, i + s.m, cols[i % 4])});
      Dequantization one;
      one.row_scales = Some(floats, i, i % 2 == 0 ? s.m : 1);
      one.column_scales = Some(floats, i + 1, i % 3 == 0 ? 1 : s.n);
      one.bias = Some(floats, i + 2, i % 2 == 0 ? 0 : s.n);
      one.row_zero_points = z.back().a;
      one.column_zero_points = z.back().b;
      one.activation = i % 3 == 1 ? Activation::kSilu : Activation::kNone;
      d.push_back(one);
      Requantization to_8;
      to_8.scales = one.column_scales;
      to_8.bias = Some(zeros, i, i % 2 == 0 ? 0 : s.n);
      to_8.a_zero_points = z.back().a;
      to_8.b_zero_points = z.back().b;
      to_8.zero_point = static_cast<int32_t>(i % 100);
      r.push_back(to_8);
      FixedPointRequantization fixed;
      fixed.multipliers = Some(multipliers, i, i % 3 == 0 ? 1 : s.n);
      fixed.shifts = Some(shifts, i, i % 2 == 0 ? 1 : s.n);
      fixed.bias = to_8.bias;
      fixed.a_zero_points = z.back().a;
      fixed.b_zero_points = z.back().b;
      fixed.zero_point = to_8.zero_point;
      fixed.rounding = i % 2 == 0 ? FixedPointRounding::kDouble : FixedPointRounding::kSingle;
      f.push_back(fixed);
      FloatOutput output;
      output.bias = one.bias;
      output.activation = one.activation;
      if (i % 4 == 3) output.max = 0.5f;
      o.push_back(output);
    }
  }

  std::vector<int32_t> zeros;
  std::vector<float> floats;
  std::vector<int32_t> multipliers;
  std::vector<int8_t> shifts;
  std::vector<ZeroPoints> z;
  std::vector<Dequantization> d;
  std::vector<Requantization> r;
  std::vector<FixedPointRequantization> f;
  std::vector<FloatOutput> o;
};

// `p` for each product; and its first element for all.
template <class A, class B, class C, class P, class... More>
void CheckStaged(const Sizes& sizes, Layout layout, const std::vector<P>& p, std::initializer_list<size_t> workers,
                 const More&... more) {
  for (const bool each : {true, false}) {
    INFO("each: ", each);
    if (!each && p.empty()) continue;
    CheckLikeMatMul<C, A, B>(
        sizes, layout, workers,
        [&](Context& context, size_t i, const auto& a, const auto& b, const auto& c) {
          return MatMul(context, a, b, p[each ? i : p.size() - 1], c, more...);
        },
        [&](Context& context, const auto& a, const auto& b, const auto& c) {
          if (each) return MatMulBatch(context, a, b, VectorView<const P>(p.data(), p.size()), c, more...);
          return MatMulBatch(context, a, b, p.back(), c, more...);
        });
  }
}

template <class A, class B>
void CheckStages(const Sizes& sizes, Layout layout, std::initializer_list<size_t> workers) {
  const Parameters p(sizes, sizes.count + sizes.n);
  CheckStaged<A, B, int32_t>(sizes, layout, p.z, workers, Store::kOverwrite);
  CheckStaged<A, B, int32_t>(sizes, layout, p.z, workers, Store::kAccumulate);
  CheckStaged<A, B, float>(sizes, layout, p.d, workers);
  CheckStaged<A, B, BFloat16>(sizes, layout, p.d, workers);
  CheckStaged<A, B, Float16>(sizes, layout, p.d, workers);
  CheckStaged<A, B, int8_t>(sizes, layout, p.r, workers);
  CheckStaged<A, B, uint8_t>(sizes, layout, p.r, workers);
  CheckStaged<A, B, int8_t>(sizes, layout, p.f, workers);
  CheckStaged<A, B, uint8_t>(sizes, layout, p.f, workers);
}

template <class A>
void CheckFloatStages(const Sizes& sizes, Layout layout, std::initializer_list<size_t> workers) {
  const Parameters p(sizes, sizes.count + sizes.n);
  CheckStaged<A, A, float>(sizes, layout, p.o, workers);
  CheckStaged<A, A, BFloat16>(sizes, layout, p.o, workers);
  CheckStaged<A, A, Float16>(sizes, layout, p.o, workers);
}

TEST_CASE("Batches: zero points, floats and 8 bits, each product with its own parameters") {
  size_t i = 0;
  for (const Sizes& sizes : {Sizes{5, 5, 13, 70, 33}, Sizes{12, 4, 1, 9, 40}, Sizes{3, 1, 20, 64, 16},
                             Sizes{2, 2, 3, 0, 17}, Sizes{0, 0, 3, 4, 5}}) {
    const Layout layout = kLayouts[++i % 3];
    CheckStages<int8_t, int8_t>(sizes, layout, {1, 3});
    CheckStages<uint8_t, int8_t>(sizes, layout, {3});
    CheckStages<int8_t, uint8_t>(sizes, layout, {3});
    CheckStages<uint8_t, uint8_t>(sizes, layout, {1, 3});
    CheckFloatStages<float>(sizes, layout, {1, 3});
    CheckFloatStages<BFloat16>(sizes, kLayouts[i % 2], {3});
  }
}

TEST_CASE("Batches: bf16 in FloatMode::kFast has the bits of MatMul in that mode, on each tier") {
  const Sizes sizes{5, 5, 20, 131, 90};
  const Operands<BFloat16, BFloat16> o(sizes, Layout::kGaps, 7);
  const GuardedBatch<float> loop(sizes.count, sizes.m, sizes.n, Layout::kBlocks);
  const GuardedBatch<float> batch(sizes.count, sizes.m, sizes.n, Layout::kBlocks);
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, ThreadExecutor&) {
    context.SetFloatMode(FloatMode::kFast);
    for (const WeightsBatch& b : o.Kinds()) {
      for (size_t i = 0; i < sizes.count; ++i) {
        ISOQUANT_CHECK_OK(MatMul(context, o.a.const_batch().At(i), b.At(i), loop.batch().At(i)));
      }
      std::memset(batch.memory().data(), 0x55, batch.bytes());
      ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), b, batch.batch()));
      CHECK(std::memcmp(batch.memory().data(), loop.memory().data(), loop.bytes()) == 0);
    }
  });
}

TEST_CASE("Batches: stages, any number of workers") {
  CheckStages<uint8_t, uint8_t>({7, 7, 40, 150, 96}, Layout::kGaps, {3});
  CheckStages<int8_t, int8_t>({6, 2, 32, 96, 130}, Layout::kTurns, {5});
  CheckStages<uint8_t, uint8_t>({2, 2, 1, 600, 1500}, Layout::kBlocks, {8});  // several tasks have the same rows
}

TEST_CASE("Batches: plain b that is packed before, because a is large or the second-level cache small") {
  Cpu cpu = DetectCpu();
  cpu.l2_bytes = size_t{1} << 16;
  const ScopedDetection detection(cpu, false);
  CheckSumsOfIntegers<int8_t, int8_t>({3, 3, 130, 203, 50}, Layout::kGaps, {1, 3});
  CheckSums<float, float, float>({2, 2, 65, 120, 40}, Layout::kTurns, Store::kOverwrite, {1, 2});
}

TEST_CASE("Batches: the float settings of workers do not matter, and are kept") {
  const Sizes sizes{6, 6, 13, 70, 33};
  const Parameters p(sizes, 5);
  const Operands<uint8_t, int8_t> o(sizes, Layout::kGaps, 6);
  const GuardedBatch<float> c(sizes.count, sizes.m, sizes.n, Layout::kGaps);
  const auto expected =
      LoopOfMatMul(o, c, [&](Context& context, size_t i, const auto& a, const auto& b, const auto& out) {
        return MatMul(context, a, b, p.d[i], out);
      });
  ForEachTierOn<UnusualExecutor>({3}, [&](Context& context, const UnusualExecutor& executor) {
    std::memset(c.memory().data(), 0x55, c.bytes());
    const WeightsBatch b{VectorView<const PackedWeights>(o.packed.data(), o.packed.size())};
    ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), b,
                                  VectorView<const Dequantization>(p.d.data(), p.d.size()), c.batch()));
    CheckSame(c, expected);
    CHECK(executor.kept());
  });
}

TEST_CASE("Batches: one matrix of a for all") {
  // Rows that overlap, and a batch stride of 0.
  constexpr size_t kCount = 5, kM = 9, kK = 40, kN = 21;
  Random random(3);
  const Guarded<int8_t> signal(kM + kK - 1);
  FillIntegers(random, signal.data(), signal.size());
  const Operands<int8_t, int8_t> o({kCount, kCount, kM, kK, kN}, Layout::kBlocks, 4);
  const MatrixBatch<const int8_t> windows(signal.data(), kCount, kM, kK, 1, 0);
  const GuardedBatch<int32_t> c(kCount, kM, kN, Layout::kTurns);
  const auto expected =
      LoopOfMatMul(o, c, [&](Context& context, size_t i, const auto&, const auto& b, const auto& out) {
        return MatMul(context, windows.At(i), b, out);
      });
  ForEachTier([&](Context& context) {
    for (const WeightsBatch& b : o.Kinds()) {
      std::memset(c.memory().data(), 0x55, c.bytes());
      ISOQUANT_CHECK_OK(MatMulBatch(context, windows, b, c.batch()));
      CheckSame(c, expected);
    }
  });
}

TEST_CASE("Batches: one call of the executor has all tasks") {
  ThreadExecutor threads(4);
  const Sizes sizes{6, 6, 130, 150, 290};  // worth four tasks, with a matrix unit too
  const Operands<int8_t, int8_t> o(sizes, Layout::kBlocks, 1);
  const GuardedBatch<int32_t> c(sizes.count, sizes.m, sizes.n, Layout::kBlocks);
  ForEachTier([&](Context& tier) {
    WatchedExecutor executor(threads);
    Context context(executor);
    ISOQUANT_CHECK_OK(context.SetMaxTier(tier.tier()));
    size_t runs = 0;
    for (const WeightsBatch& b : o.Kinds()) {
      ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), b, c.batch()));
      CHECK(executor.runs() == ++runs);
    }
    CHECK(executor.kept());
    CHECK(executor.most_tasks() % 4 == 0);
    CHECK(executor.most_tasks() >= 12);
  });
  // Too little work to wake anybody.
  WatchedExecutor executor(threads);
  Context context(executor);
  const Operands<int8_t, int8_t> few({6, 6, 4, 16, 16}, Layout::kBlocks, 1);
  const GuardedBatch<int32_t> few_c(6, 4, 16, Layout::kBlocks);
  ISOQUANT_CHECK_OK(MatMulBatch(context, few.a.const_batch(), few.Kinds()[0], few_c.batch()));
  CHECK(executor.runs() == 0);
}

// ---- Errors

constexpr size_t kHuge = std::numeric_limits<size_t>::max();

TEST_CASE("Batches: errors name the argument and write nothing") {
  constexpr size_t kCount = 6, kM = 3, kK = 8, kN = 5;
  const Sizes sizes{kCount, kCount, kM, kK, kN};
  Operands<int8_t, int8_t> o(sizes, Layout::kBlocks, 1);
  const GuardedBatch<int32_t> c_memory(kCount, kM, kN, Layout::kBlocks);
  std::memset(c_memory.memory().data(), 0x55, c_memory.bytes());
  const std::vector<int32_t> before(c_memory.memory().begin(), c_memory.memory().end());
  using A = MatrixBatch<const int8_t>;
  using C = MatrixBatch<int32_t>;
  const A a = o.a.const_batch();
  const C c = c_memory.batch();
  const auto kinds = o.Kinds();
  Context context;
  const auto refused = [&](const A& a_in, const WeightsBatch& b_in, const C& c_in, const Refusal& refusal) {
    CheckRefused(MatMulBatch(context, a_in, b_in, c_in), refusal);
    CheckRefused(MatMulBatch(context, a_in, b_in, ZeroPoints(), c_in, Store::kAccumulate), refusal);
    CHECK(std::equal(before.begin(), before.end(), c_memory.memory().begin()));
  };
  const VectorView<const PackedWeights> packed(o.packed.data(), kCount);
  const int8_t* const b_data = o.kxn.memory().data();
  for (const WeightsBatch& b : kinds) {
    refused({a.data, kCount - 1, kM, kK}, b, c, Mismatch("c.count", kCount, "a.count", kCount - 1));
    refused({a.data, kCount, kM, kK - 1}, b, c, Mismatch("a.cols", kK - 1, "b's K", kK));
    refused({a.data, kCount, kM - 1, kK}, b, c, Mismatch("c.rows", kM, "a.rows", kM - 1));
    refused(a, b, {c.data, kCount, kM, kN - 1}, Mismatch("c.cols", kN - 1, "b's N", kN));
    refused(a, b, {c.data, kCount, kM, kN, kN - 1, kM * kN}, StrideTooSmall("c", kN - 1, kN));
    refused({a.data, kCount, kM, kK, kHuge, 0}, b, c, StrideTooLarge("a", kM, kK, 1));
    refused({nullptr, kCount, kM, kK}, b, c, NullMatrix("a", kM * kK));
    refused(a, b, {nullptr, kCount, kM, kN}, NullMatrix("c", kM * kN));
    // Matrices of c that overlap.
    for (const size_t stride : {size_t{0}, kN, kM * kN - 1}) {
      refused(a, b, {c.data, kCount, kM, kN, kN, stride},
              {StatusCode::kTooSmall, "c.batch_stride", stride, kM * kN,
               "c.batch_stride is " + std::to_string(stride) +
                   ", expected at least the elements from a matrix's first to its last = 15"});
    }
    refused(a, b, {c.data, 2 * kCount / 2, kM, kN, 6 * kN - 1, kN},
            {StatusCode::kTooSmall, "c.batch_stride", kN, 2 * (6 * kN - 1) + kN,
             "c.batch_stride is 5, expected at least the elements from a matrix's first to its last = 63"});
    const uint64_t most = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max());
    const uint64_t limit = (most - kM * kK) / (kCount - 1);
    refused({a.data, kCount, kM, kK, kK, kHuge}, b, c,
            {StatusCode::kTooLarge, "a.batch_stride", kHuge, limit,
             "a.batch_stride is " + std::to_string(kHuge) +
                 ", expected at most what the address space leaves = " + std::to_string(limit)});
    // The last matrix of c begins where the first of a does, in the same memory.
    const C over_a(reinterpret_cast<int32_t*>(const_cast<int8_t*>(a.data)), kCount, kM, kN);
    refused(a, b, over_a, Overlap("c", "a"));
  }
  // Of b.
  refused(a, VectorView<const PackedWeights>(o.packed.data(), 4), c,
          Mismatch("b.count()", 4, "a divisor of c.count", kCount));
  refused(a, VectorView<const PackedWeights>(), c, Mismatch("b.count()", 0, "a divisor of c.count", kCount));
  refused(a, VectorView<const PackedWeights>(nullptr, kCount), c,
          {StatusCode::kNull, "b.data", 0, kCount, "b.data is null, expected b.count() = 6 elements"});
  refused(a, WeightsBatch(KxN{{b_data, kK, kN}}, 5, kK * kN), c,
          Mismatch("b.count()", 5, "a divisor of c.count", kCount));
  refused(a, WeightsBatch(KxN{{b_data, kK, kN, kN - 1}}, kCount, kK * kN), c, StrideTooSmall("b", kN - 1, kN));
  refused(a, WeightsBatch(NxK{WeightMatrix(static_cast<const int8_t*>(nullptr), kN, kK)}, kCount, kK * kN), c,
          NullMatrix("b", kK * kN));
  const uint64_t b_limit = (static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) - kK * kN) / (kCount - 1);
  refused(a, WeightsBatch(KxN{{b_data, kK, kN}}, kCount, kHuge), c,
          {StatusCode::kTooLarge, "b.batch_stride", kHuge, b_limit,
           "b.batch_stride is " + std::to_string(kHuge) +
               ", expected at most what the address space leaves = " + std::to_string(b_limit)});
  for (size_t i = 0; i < kCount; ++i) {
    const C over_b(reinterpret_cast<int32_t*>(const_cast<int8_t*>(o.packed[i].panels().panels)), 1, kM, kN);
    const A one(a.data, 1, kM, kK);
    CheckRefused(MatMulBatch(context, one, packed.data[i], over_b), Overlap("c", "b"));
  }
  {
    const C over_b(reinterpret_cast<int32_t*>(const_cast<int8_t*>(o.packed[kCount - 1].panels().panels)), kCount, kM,
                   kN);
    refused(a, packed, over_b, Overlap("c", "b"));
    std::vector<int32_t> both(kCount * 2 * kM * kN);
    // b lies in the gap before the last matrix of c, or one byte further.
    int8_t* const last = reinterpret_cast<int8_t*>(both.data() + (kCount - 1) * 2 * kM * kN);
    const C gaps(both.data(), kCount, kM, kN, kN, 2 * kM * kN);
    ISOQUANT_CHECK_OK(MatMulBatch(context, a, KxN{{last - kK * kN, kK, kN}}, gaps));
    CheckRefused(MatMulBatch(context, a, KxN{{last - kK * kN + 1, kK, kN}}, gaps), Overlap("c", "b"));
  }
  // Other shapes and types among packed ones.
  const auto among = [&](const KxN& other, const Refusal& refusal) {
    o.packed[4] = Packed(context, other);
    refused(a, packed, c, refusal);
  };
  const std::vector<uint8_t> bytes(kK * kN + 64);
  const std::vector<float> floats(kK * kN);
  among(KxN{{b_data, kK - 1, kN}}, Mismatch("b's K", kK - 1, "that of the first matrix", kK));
  among(KxN{{b_data, kK, kN - 1}}, Mismatch("b's N", kN - 1, "that of the first matrix", kN));
  among(KxN{{bytes.data(), kK, kN}}, {StatusCode::kWrongType, "b", static_cast<uint64_t>(ElementType::kU8),
                                      static_cast<uint64_t>(ElementType::kS8), "b is u8, expected s8"});
  refused(a, KxN{{floats.data(), kK, kN}}, c,
          {StatusCode::kWrongType, "b", static_cast<uint64_t>(ElementType::kF32),
           static_cast<uint64_t>(ElementType::kS8), "b is f32, expected s8 or u8"});
  CheckRefused(MatMulBatch(context, MatrixBatch<const float>(floats.data(), 1, 1, kK), KxN{{b_data, kK, kN}},
                           MatrixBatch<float>(reinterpret_cast<float*>(c.data), 1, 1, kN)),
               {StatusCode::kWrongType, "b", static_cast<uint64_t>(ElementType::kS8),
                static_cast<uint64_t>(ElementType::kF32), "b is s8, expected f32"});
}

TEST_CASE("Batches: errors of parameters") {
  constexpr size_t kCount = 3, kM = 2, kK = 4, kN = 5;
  const Operands<int8_t, int8_t> o({kCount, 1, kM, kK, kN}, Layout::kBlocks, 1);
  const Parameters p({kCount, 1, kM, kK, kN}, 1);
  const GuardedBatch<float> f32(kCount, kM, kN, Layout::kTurns);
  const GuardedBatch<int8_t> s8(kCount, kM, kN, Layout::kGaps);
  const GuardedBatch<int32_t> s32(kCount, kM, kN, Layout::kBlocks);
  const auto a = o.a.const_batch();
  Context context;
  const auto d_refused = [&](const PerProduct<Dequantization>& d, const Refusal& refusal) {
    std::memset(f32.memory().data(), 0x55, f32.bytes());
    const std::vector<float> before(f32.memory().begin(), f32.memory().end());
    CheckRefused(MatMulBatch(context, a, o.packed[0], d, f32.batch()), refusal);
    CHECK(std::memcmp(before.data(), f32.memory().data(), f32.bytes()) == 0);
  };
  const auto null_parameters = [&](const std::string& name) -> Refusal {
    return {StatusCode::kNull, name + ".data", 0, kCount, name + ".data is null, expected c.count = 3 elements"};
  };
  d_refused(VectorView<const Dequantization>(p.d.data(), 2), Mismatch("dequantization.size", 2, "c.count", kCount));
  d_refused(VectorView<const Dequantization>(nullptr, kCount), null_parameters("dequantization"));
  for (size_t i = 0; i < kCount; ++i) {  // whichever it is
    std::vector<Dequantization> d = p.d;
    const VectorView<const Dequantization> each(d.data(), kCount);
    d[i].row_scales = {p.floats.data(), kM + 1};
    d_refused(each, Mismatch("dequantization.row_scales.size", kM + 1, "a.rows", kM));
    d_refused(d[i], Mismatch("dequantization.row_scales.size", kM + 1, "a.rows", kM));
    d[i].row_scales = {nullptr, kM};
    d_refused(each, Null("dequantization.row_scales", "a.rows", kM));
    d[i] = p.d[i];
    d[i].column_scales = {f32.batch().At(2).Row(1) + 4, 1};  // the last of c
    d_refused(each, Overlap("c", "dequantization.column_scales"));
    d[i] = p.d[i];
    d[i].min = std::numeric_limits<float>::quiet_NaN();
    CHECK(MatMulBatch(context, a, o.packed[0], each, f32.batch()).code() == StatusCode::kInvalidValue);
    d[i] = p.d[i];
    // Between the rows of c.
    d[i].bias = {};
    d[i].column_scales = {f32.batch().At(0).Row(0) + kN, 1};
    f32.memory()[kN] = 1.0f;
    ISOQUANT_CHECK_OK(MatMulBatch(context, a, o.packed[0], each, f32.batch()));

    std::vector<Requantization> r = p.r;
    r[i].zero_point = 128;
    CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const Requantization>(r.data(), kCount), s8.batch()),
                 InvalidInteger("requantization.zero_point", 128, "at most the largest value of c's type", 127));
    r[i] = p.r[i];
    r[i].a_zero_points = {p.zeros.data(), kM + 2};
    CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const Requantization>(r.data(), kCount), s8.batch()),
                 Mismatch("requantization.a_zero_points.size", kM + 2, "a.rows", kM));
    std::vector<ZeroPoints> z = p.z;
    z[i].b = {p.zeros.data(), kN + 1};
    CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const ZeroPoints>(z.data(), kCount), s32.batch()),
                 Mismatch("z.b.size", kN + 1, "b's N", kN));
    z[i] = p.z[i];
    z[i].a = {s32.batch().At(i).Row(1), 1};
    CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const ZeroPoints>(z.data(), kCount), s32.batch()),
                 Overlap("c", "z.a"));
  }
  std::vector<FixedPointRequantization> fixed = p.f;
  fixed[2].shifts = {p.shifts.data(), kN + 1};
  CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const FixedPointRequantization>(fixed.data(), kCount),
                           s8.batch()),
               Mismatch("requantization.shifts.size", kN + 1, "c.cols", kN));
  CheckRefused(
      MatMulBatch(context, a, o.packed[0], VectorView<const FixedPointRequantization>(nullptr, kCount), s8.batch()),
      null_parameters("requantization"));
  const Operands<BFloat16, BFloat16> of_bf16({kCount, 1, kM, kK, kN}, Layout::kBlocks, 2);
  std::vector<FloatOutput> outputs = p.o;
  outputs[1].bias = {p.floats.data(), kN - 1};
  const auto outputs_refused = [&](const PerProduct<FloatOutput>& output, const Refusal& refusal) {
    std::memset(f32.memory().data(), 0x55, f32.bytes());
    const std::vector<float> before(f32.memory().begin(), f32.memory().end());
    CheckRefused(MatMulBatch(context, of_bf16.a.const_batch(), of_bf16.packed[0], output, f32.batch()), refusal);
    CHECK(std::memcmp(before.data(), f32.memory().data(), f32.bytes()) == 0);
  };
  outputs_refused(VectorView<const FloatOutput>(outputs.data(), kCount),
                  Mismatch("output.bias.size", kN - 1, "b's N", kN));
  outputs_refused(VectorView<const FloatOutput>(outputs.data(), 2), Mismatch("output.size", 2, "c.count", kCount));
  outputs_refused(VectorView<const FloatOutput>(nullptr, kCount), null_parameters("output"));
  CheckRefused(MatMulBatch(context, of_bf16.a.const_batch(), o.packed[0], f32.batch()),
               {StatusCode::kWrongType, "b", static_cast<uint64_t>(ElementType::kS8),
                static_cast<uint64_t>(ElementType::kBf16), "b is s8, expected bf16"});
  CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const Requantization>(p.r.data(), 1), s8.batch()),
               Mismatch("requantization.size", 1, "c.count", kCount));
  CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const Requantization>(nullptr, kCount), s8.batch()),
               null_parameters("requantization"));
  CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const ZeroPoints>(p.z.data(), 4), s32.batch()),
               Mismatch("z.size", 4, "c.count", kCount));
  CheckRefused(MatMulBatch(context, a, o.packed[0], VectorView<const ZeroPoints>(nullptr, kCount), s32.batch()),
               null_parameters("z"));
}

// ---- Golden digests

template <class C>
void AddTo(Digest& digest, const GuardedBatch<C>& c) {
  for (size_t i = 0; i < c.batch().count; ++i) digest.Add(c.batch().At(i));
}

template <class A, class B>
void CheckGoldenBatch(const std::string& name) {
  const Sizes sizes{6, 3, 41, 131, 90};
  const Operands<A, B> o(sizes, Layout::kTurns, 77);
  const GuardedBatch<int32_t> s32(sizes.count, sizes.m, sizes.n, Layout::kGaps);
  const GuardedBatch<BFloat16> bf16(sizes.count, sizes.m, sizes.n, Layout::kTurns);
  const GuardedBatch<uint8_t> u8(sizes.count, sizes.m, sizes.n, Layout::kBlocks);
  const Parameters p(sizes, 78);
  ForEachTierOn<ThreadExecutor>({1, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    const auto kinds = o.Kinds();
    Digest digest;
    ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), kinds[0], s32.batch()));
    AddTo(digest, s32);
    ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), kinds[1],
                                  VectorView<const Dequantization>(p.d.data(), sizes.count), bf16.batch()));
    AddTo(digest, bf16);
    ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), kinds[2], p.r[5], u8.batch()));
    AddTo(digest, u8);
    CheckGolden(name, digest.value());
    Digest fixed;
    ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), kinds[0],
                                  VectorView<const FixedPointRequantization>(p.f.data(), sizes.count), u8.batch()));
    AddTo(fixed, u8);
    CheckGolden(name + "/fixed", fixed.value());
  });
}

template <class A>
void CheckGoldenFloats(const std::string& name) {
  const Sizes sizes{6, 2, 41, 131, 90};
  const Operands<A, A> o(sizes, Layout::kGaps, 79);
  const GuardedBatch<float> f32(sizes.count, sizes.m, sizes.n, Layout::kTurns);
  const GuardedBatch<BFloat16> bf16(sizes.count, sizes.m, sizes.n, Layout::kBlocks);
  const Parameters p(sizes, 80);
  ForEachTierOn<ThreadExecutor>({1, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    Digest digest, outputs;
    for (const WeightsBatch& b : o.Kinds()) {
      ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), b, f32.batch()));
      AddTo(digest, f32);
      ISOQUANT_CHECK_OK(MatMulBatch(context, o.a.const_batch(), b,
                                    VectorView<const FloatOutput>(p.o.data(), sizes.count), bf16.batch()));
      AddTo(outputs, bf16);
    }
    CheckGolden(name, digest.value());
    CheckGolden(name + "/output", outputs.value());
  });
}

TEST_CASE("Batches: golden digests") {
  CheckGoldenBatch<int8_t, int8_t>("batch/s8s8");
  CheckGoldenBatch<uint8_t, int8_t>("batch/u8s8");
  CheckGoldenBatch<uint8_t, uint8_t>("batch/u8u8");
  CheckGoldenFloats<float>("batch/f32");
  CheckGoldenFloats<BFloat16>("batch/bf16");
}

}  // namespace
}  // namespace isoquant
