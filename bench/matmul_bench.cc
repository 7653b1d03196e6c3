// Bench: MatMul to int32 with packed weights on one thread. Names are MatMul/<types>/M/K/N.
//
// Counters: gops (2 M K N per second), pct_peak (percent of the VPDPBUSD rate of this CPU), vs_fma (multiply-adds per
// second over those of 256-bit f32 FMA), and for few rows weights_gbps. Each sample is taken between two measurements
// of the limits, and the counters are medians of the samples' ratios: absolute times mean little on a shared machine.
// The tier is the label; ISOQUANT_MAX_TIER chooses another one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "bench/limits.h"
#include "benchmark/benchmark.h"
#include "isoquant/isoquant.h"

namespace isoquant {
namespace {

void CheckOk(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class T>
std::vector<T> RandomBytes(size_t size) {
  std::vector<T> values(size);
  std::mt19937 random(1);
  for (T& value : values) value = static_cast<T>(random());
  return values;
}

template <class A>
void MatMulBench(benchmark::State& state) {
  const size_t m = static_cast<size_t>(state.range(0)), k = static_cast<size_t>(state.range(1)),
               n = static_cast<size_t>(state.range(2));
  Context context;
  const std::vector<A> a = RandomBytes<A>(m * k);
  std::vector<int32_t> c(m * n);
  PackedWeights packed;
  {
    const std::vector<int8_t> b = RandomBytes<int8_t>(k * n);
    CheckOk(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, packed));
  }
  const double products = static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
  const size_t repeats = static_cast<size_t>(std::max(1.0, 5e7 / products));  // a sample takes 0.1 ms at least

  const bool wide = std::string(context.tier()).compare(0, 6, "avx512") == 0;
  const auto limit = wide ? &MeasureVnniPeak : &MeasureFmaPeak;
  const double other = wide ? MeasureFmaPeak() : MeasureVnniPeak();
  std::vector<double> rates, ratios, limits;
  double before = limit();
  for (auto _ : state) {
    const double begin = Seconds();
    for (size_t i = 0; i < repeats; ++i) {
      CheckOk(MatMul(context, MatrixView<const A>(a.data(), m, k), packed, MatrixView<int32_t>(c.data(), m, n)));
      benchmark::ClobberMemory();
    }
    const double seconds = Seconds() - begin;
    state.SetIterationTime(seconds / static_cast<double>(repeats));
    const double after = limit();
    rates.push_back(products * static_cast<double>(repeats) / seconds);
    limits.push_back(0.5 * (before + after));
    ratios.push_back(rates.back() / limits.back());
    before = after;
  }
  const double rate = Median(rates), ratio = Median(ratios);
  const double vnni = wide ? Median(limits) : other, fma = wide ? other : Median(limits);
  state.counters["gops"] = 2e-9 * rate;
  if (vnni != 0) state.counters["pct_peak"] = 100 * (wide ? ratio : rate / vnni);
  if (fma != 0) state.counters["vs_fma"] = wide ? rate / fma : ratio;
  if (m <= 16) state.counters["weights_gbps"] = 1e-9 * rate / static_cast<double>(m);
  state.SetLabel(context.tier());
}

struct Shape {
  int64_t m, k, n;
};
constexpr Shape kShapes[] = {{1, 256, 256},      {1, 768, 3072},   {1, 4096, 4096},    {2, 4096, 4096},
                             {4, 4096, 4096},    {8, 4096, 4096},  {16, 4096, 4096},   {64, 4096, 4096},
                             {128, 768, 768},    {128, 768, 3072}, {256, 1024, 1024},  {512, 512, 512},
                             {1024, 1024, 1024}, {512, 4096, 512}, {1024, 4096, 1024}, {2048, 2048, 2048},
                             {33, 257, 129},     {8, 64, 16},      {16, 16, 16}};

// Fixed: the library would count calls up to a total time, and a short call is repeated inside a sample.
constexpr int64_t kSamples = 61;

void Register() {
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark("MatMul/s8s8s32", &MatMulBench<int8_t>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(kSamples);
    benchmark::RegisterBenchmark("MatMul/u8s8s32", &MatMulBench<uint8_t>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(kSamples);
  }
}

}  // namespace
}  // namespace isoquant

int main(int argc, char** argv) {
  isoquant::Register();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
