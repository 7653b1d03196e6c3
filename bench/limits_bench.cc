// Bench: what this machine can do at most, for the roofs of the report. Names: Limit/amx, Limit/vnni, Limit/fma,
// Limit/fma_512, Limit/read/bytes.
#include <algorithm>

#include "bench/huge_buffer.h"
#include "bench/samples.h"

namespace isoquant {
namespace {

constexpr int64_t kSamples = 31;

template <double (*kMeasure)()>
void ComputeLimit(benchmark::State& state) {
  std::vector<double> rates;
  for (auto _ : state) {
    const double begin = Seconds();
    rates.push_back(kMeasure());
    state.SetIterationTime(Seconds() - begin);
  }
  state.counters["gops"] = 2e-9 * Median(rates);
}

// Of one core, by the number of streams that serves best; a small buffer is read over and over.
void ReadLimit(benchmark::State& state) {
  const size_t bytes = static_cast<size_t>(state.range(0));
  const size_t passes = std::max<size_t>(1, (size_t{4} << 20) / bytes);
  const HugeBuffer buffer = AllocateHugeBuffer(bytes);
  std::vector<double> rates[sizeof(kStreamCounts) / sizeof(kStreamCounts[0])];
  for (auto _ : state) {
    const double begin = Seconds();
    size_t i = 0;
    for (const size_t streams : kStreamCounts) {
      rates[i++].push_back(MeasureReadBandwidth(buffer.get(), bytes, streams, passes));
    }
    state.SetIterationTime(Seconds() - begin);
  }
  double best = 0;
  for (const std::vector<double>& some : rates) best = std::max(best, Median(some));
  state.counters["gbps"] = 1e-9 * best;
}

}  // namespace

void RegisterLimits() {
  if (std::string(Context().tier()) == "amx_int8") {  // else there is no permission
    benchmark::RegisterBenchmark("Limit/amx", &ComputeLimit<&MeasureAmxPeak>)->UseManualTime()->Iterations(kSamples);
  }
  benchmark::RegisterBenchmark("Limit/vnni", &ComputeLimit<&MeasureVnniPeak>)->UseManualTime()->Iterations(kSamples);
  benchmark::RegisterBenchmark("Limit/fma", &ComputeLimit<&MeasureFmaPeak>)->UseManualTime()->Iterations(kSamples);
  benchmark::RegisterBenchmark("Limit/fma_512", &ComputeLimit<&MeasureWideFmaPeak>)
      ->UseManualTime()
      ->Iterations(kSamples);
  // First-level cache, half a typical second-level one, and what the cold benches rotate through.
  for (const int64_t bytes : {16 << 10, 512 << 10, 256 << 20}) {
    benchmark::RegisterBenchmark("Limit/read", &ReadLimit)
        ->Arg(bytes)
        ->UseManualTime()
        ->Iterations(bytes > (1 << 24) ? 7 : kSamples);
  }
}

}  // namespace isoquant
