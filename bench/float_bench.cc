// Bench: MatMul of f32 and of bf16 with packed weights, beside the FMA peak of the widest vectors of the tier. Names:
// MatMulF32/M/K/N, MatMulBF16/M/K/N, and, in FloatMode::kFast, MatMulBF16Fast/M/K/N; MatMulF32Plain/M/K/N and
// MatMulBF16Plain/M/K/N have plain weights, and vs_packed is their speed over that with packed ones. Counters: gops,
// pct_peak, for few rows weights_gbps; of bf16 vs_f32 (its speed over that of f32 in the same run); of f32, where
// OpenBLAS is installed, openblas_gops and vs_openblas (ours over it). OPENBLAS_CORETYPE chooses its kernels.
#include <cmath>
#include <cstring>

#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

#ifdef ISOQUANT_BENCH_OPENBLAS
#include <cblas.h>
#endif

namespace isoquant {
namespace {

constexpr Shape kShapes[] = {{1, 16, 16},       {8, 64, 16},     {16, 16, 16},       {64, 64, 64},      {1, 256, 256},
                             {33, 257, 129},    {1, 4096, 4096}, {16, 4096, 4096},   {64, 4096, 4096},  {128, 768, 768},
                             {256, 1024, 1024}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048}};

double MeasurePeak(const Context& context) {
  return std::strncmp(context.tier(), "avx512", 6) == 0 || std::strncmp(context.tier(), "amx", 3) == 0
             ? MeasureWideFmaPeak()
             : MeasureFmaPeak();
}

// T: float or BFloat16.
template <class T>
struct FloatProduct {
  explicit FloatProduct(const Shape& shape)
      : m(static_cast<size_t>(shape.m)),
        k(static_cast<size_t>(shape.k)),
        n(static_cast<size_t>(shape.n)),
        a(m * k),
        b(k * n),
        c(m * n),
        peer_c(m * n) {
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
    };
    const auto fill = [&](T& x) {
      const float value = random();
      std::memcpy(&x, reinterpret_cast<const char*>(&value) + sizeof(float) - sizeof(T), sizeof(T));  // its upper part
    };
    for (T& x : a) fill(x);
    for (T& x : b) fill(x);
    CheckOk(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, weights));
  }

  double count() const { return static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n); }
  void RunOurs() { CheckOk(MatMul(context, MatrixView<const T>(a.data(), m, k), weights, {c.data(), m, n})); }
  void RunPlain() {
    CheckOk(MatMul(context, MatrixView<const T>(a.data(), m, k), KxN{{b.data(), k, n}}, {c.data(), m, n}));
  }
#ifdef ISOQUANT_BENCH_OPENBLAS
  void RunPeer() {
    const auto rows = static_cast<blasint>(m), depth = static_cast<blasint>(k), columns = static_cast<blasint>(n);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, depth, 1.0f, a.data(), depth, b.data(),
                columns, 0.0f, peer_c.data(), columns);
  }
  // It sums up in another order.
  bool Agrees() const {
    for (size_t i = 0; i < c.size(); ++i) {
      if (!(std::fabs(c[i] - peer_c[i]) <= 1e-6f * static_cast<float>(k))) return false;
    }
    return true;
  }
#endif

  size_t m, k, n;
  Context context;
  PackedWeights weights;
  hwy::AlignedVector<T> a, b;
  hwy::AlignedVector<float> c, peer_c;
};

void F32Bench(benchmark::State& state) {
  FloatProduct<float> product({state.range(0), state.range(1), state.range(2)});
  const Repeats repeats(product.count());
  std::vector<double> rates, limits, peer_rates;
#ifdef ISOQUANT_BENCH_OPENBLAS
  openblas_set_num_threads(1);
  product.RunOurs();
  product.RunPeer();
  if (!product.Agrees()) state.SkipWithError("OpenBLAS has other results");
#endif
  for (auto _ : state) {
    product.RunOurs();
    const double before = MeasurePeak(product.context);
    rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
    state.SetIterationTime(product.count() / rates.back());
    limits.push_back(0.5 * (before + MeasurePeak(product.context)));
#ifdef ISOQUANT_BENCH_OPENBLAS
    peer_rates.push_back(repeats.Rate([&] { product.RunPeer(); }));
#endif
  }
  const double rate = Median(rates);
  state.counters["gops"] = 2e-9 * rate;
  if (product.m <= 16) state.counters["weights_gbps"] = 4e-9 * rate / static_cast<double>(product.m);
  if (Median(limits) > 0) state.counters["pct_peak"] = 100.0 * Median(Ratios(rates, limits));
  std::string label = product.context.tier();
#ifdef ISOQUANT_BENCH_OPENBLAS
  state.counters["openblas_gops"] = 2e-9 * Median(peer_rates);
  state.counters["vs_openblas"] = Median(Ratios(rates, peer_rates));
  label += std::string("; ") + openblas_get_config();
#endif
  state.SetLabel(label);
}

template <class T>
void PlainBench(benchmark::State& state) {
  FloatProduct<T> product({state.range(0), state.range(1), state.range(2)});
  const Repeats repeats(product.count());
  std::vector<double> rates, packed_rates;
  product.RunPlain();
  for (auto _ : state) {
    rates.push_back(repeats.Rate([&] { product.RunPlain(); }));
    state.SetIterationTime(product.count() / rates.back());
    packed_rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters["vs_packed"] = Median(Ratios(rates, packed_rates));
  state.SetLabel(product.context.tier());
}

template <FloatMode kMode>
void Bf16Bench(benchmark::State& state) {
  const Shape shape{state.range(0), state.range(1), state.range(2)};
  FloatProduct<BFloat16> product(shape);
  FloatProduct<float> f32(shape);
  product.context.SetFloatMode(kMode);
  const Repeats repeats(product.count());
  std::vector<double> rates, limits, f32_rates;
  for (auto _ : state) {
    product.RunOurs();
    const double before = MeasurePeak(product.context);
    rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
    state.SetIterationTime(product.count() / rates.back());
    limits.push_back(0.5 * (before + MeasurePeak(product.context)));
    f32_rates.push_back(repeats.Rate([&] { f32.RunOurs(); }));
  }
  const double rate = Median(rates);
  state.counters["gops"] = 2e-9 * rate;
  if (product.m <= 16) state.counters["weights_gbps"] = 2e-9 * rate / static_cast<double>(product.m);
  if (Median(limits) > 0) state.counters["pct_peak"] = 100.0 * Median(Ratios(rates, limits));
  state.counters["vs_f32"] = Median(Ratios(rates, f32_rates));
  for (const TierReport& report : ExplainTiers(product.context, ElementType::kBf16, ElementType::kBf16)) {
    if (!report.usable) continue;
    state.SetLabel(report.name);
    break;
  }
}

}  // namespace

void RegisterFloat() {
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark("MatMulF32", &F32Bench)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount({shape.m, 4 * shape.k, shape.n}, 0.6));
    benchmark::RegisterBenchmark("MatMulF32Plain", &PlainBench<float>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount({shape.m, 4 * shape.k, shape.n}, 0.6));
    benchmark::RegisterBenchmark("MatMulBF16Plain", &PlainBench<BFloat16>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount({shape.m, 4 * shape.k, shape.n}, 0.6));
    benchmark::RegisterBenchmark("MatMulBF16", &Bf16Bench<FloatMode::kExact>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount({shape.m, 4 * shape.k, shape.n}, 0.6));
    benchmark::RegisterBenchmark("MatMulBF16Fast", &Bf16Bench<FloatMode::kFast>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount({shape.m, 4 * shape.k, shape.n}, 0.6));
  }
}

}  // namespace isoquant
