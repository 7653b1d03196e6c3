// Bench: packing of plain weights, and MatMul with plain weights. Names: Pack/KxN/K/N, Pack/NxK/K/N,
// MatMulPlain/KxN/M/K/N, MatMulPlain/NxK/M/K/N.
#include <cstring>

#include "bench/huge_buffer.h"
#include "bench/samples.h"
#include "src/pack.h"

namespace isoquant {
namespace {

// Weights larger than this are taken from, and go to, memory that no second-level cache holds: one of many copies.
constexpr size_t kCacheBytes = size_t{2} << 20;
constexpr size_t kTotalBytes = size_t{128} << 20;

template <class Plain>
constexpr bool kIsTransposed = std::is_same<Plain, NxK>::value;

template <class Plain>
Plain AsPlain(const int8_t* values, size_t k, size_t n) {
  return kIsTransposed<Plain> ? Plain{{values, n, k}} : Plain{{values, k, n}};
}

// A sample is a memcpy of the weights and a packing of them, from and to the same kind of memory. Counters: gbps, of
// the weights that are packed, column sums included, and pct_copy, percent of the rate of the copies. What it takes to
// get fresh memory from the system is not part of either.
template <class Plain>
void PackBench(benchmark::State& state) {
  const size_t k = static_cast<size_t>(state.range(0)), n = static_cast<size_t>(state.range(1)), bytes = k * n;
  const size_t copies = bytes < kCacheBytes ? 1 : kTotalBytes / bytes;
  PanelLayout layout;
  if (!layout.Compute(k, n)) std::abort();
  const HugeBuffer from = AllocateHugeBuffer(copies * bytes), to = AllocateHugeBuffer(copies * layout.bytes);
  for (size_t i = 0; i < copies * bytes; ++i) from.get()[i] = static_cast<uint8_t>(i * 37);
  Context context;
  const Repeats repeats(50.0 * static_cast<double>(bytes));
  size_t copy = 0;
  const auto next = [&] { copy = copy + 1 == copies ? 0 : copy + 1; };
  std::vector<double> rates, limits;
  for (auto _ : state) {
    limits.push_back(repeats.Rate([&] {
      next();
      std::memcpy(to.get() + copy * layout.bytes, from.get() + copy * bytes, bytes);
      benchmark::ClobberMemory();
    }));
    rates.push_back(repeats.Rate([&] {
      next();
      const int8_t* values = reinterpret_cast<const int8_t*>(from.get() + copy * bytes);
      PackInto(context, AsPlain<Plain>(values, k, n), layout, to.get() + copy * layout.bytes);
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(repeats.count / rates.back());
  }
  state.counters["gbps"] = 1e-9 * Median(rates) / 50;
  state.counters["pct_copy"] = 100 * Median(Ratios(rates, limits));
  state.SetLabel(context.tier());
}

// A sample is a MatMul with packed weights and one with plain weights. Counter vs_packed: the rate of the second over
// that of the first.
template <class Plain>
void MatMulPlainBench(benchmark::State& state) {
  const Shape shape{state.range(0), state.range(1), state.range(2)};
  const size_t m = static_cast<size_t>(shape.m), k = static_cast<size_t>(shape.k), n = static_cast<size_t>(shape.n);
  Product product(shape, true);
  const std::vector<int8_t> a(m * k, 3), b(k * n, -5);
  std::vector<int32_t> c(m * n);
  Context context;
  const Repeats repeats(product.count());
  std::vector<double> rates, packed_rates;
  for (auto _ : state) {
    packed_rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
    rates.push_back(repeats.Rate([&] {
      CheckOk(MatMul(context, MatrixView<const int8_t>(a.data(), m, k), AsPlain<Plain>(b.data(), k, n),
                     MatrixView<int32_t>(c.data(), m, n)));
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(product.count() / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters["vs_packed"] = Median(Ratios(rates, packed_rates));
  state.SetLabel(context.tier());
}

constexpr Shape kProducts[] = {{1, 1024, 1024},   {16, 1024, 1024},  {64, 1024, 1024},
                               {256, 1024, 1024}, {128, 768, 768},   {64, 4096, 4096},
                               {128, 4096, 4096}, {512, 1024, 4096}, {512, 512, 512}};

template <class Plain>
void RegisterOrder(const std::string& order) {
  for (const int64_t size : {128, 512, 1024, 4096}) {
    benchmark::RegisterBenchmark(("Pack/" + order).c_str(), &PackBench<Plain>)
        ->Args({size, size})
        ->UseManualTime()
        ->Iterations(41);
  }
  // Of a language model; and of odd sizes.
  benchmark::RegisterBenchmark(("Pack/" + order).c_str(), &PackBench<Plain>)
      ->Args({4096, 11008})
      ->Args({1003, 1017})
      ->UseManualTime()
      ->Iterations(41);
  for (const Shape& shape : kProducts) {
    benchmark::RegisterBenchmark(("MatMulPlain/" + order).c_str(), &MatMulPlainBench<Plain>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount(shape, 0.3));
  }
}

}  // namespace

void RegisterPack() {
  RegisterOrder<KxN>("KxN");
  RegisterOrder<NxK>("NxK");
}

}  // namespace isoquant
