// Bench: MatMul on one thread with operands wherever the caches leave them. Names: MatMul/<types>/M/K/N,
// MatMulSweep/M.
#include "bench/samples.h"

namespace isoquant {
namespace {

// A sample is limit, ours, limit, peer: what the machine does meanwhile to one, it does to the others. One of our calls
// goes before the first limit, so that both limits are taken at the clock that our work leaves the CPU with.
void Measure(benchmark::State& state, const Shape& shape, bool a_is_signed) {
  Product product(shape, a_is_signed);
  const ComputeLimits compute_limits(product.context());
  const Repeats repeats(product.count());
  std::vector<double> rates, limits, peer_rates;
  for (auto _ : state) {
    product.RunOurs();
    const double before = compute_limits.Measure();
    rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
    state.SetIterationTime(product.count() / rates.back());
    const double after = compute_limits.Measure();
    limits.push_back(0.5 * (before + after));
    if (product.has_peer()) peer_rates.push_back(repeats.Rate([&] { product.RunPeer(); }));
  }
  const double rate = Median(rates);
  state.counters["gops"] = 2e-9 * rate;
  if (shape.m <= 16) state.counters["weights_gbps"] = 1e-9 * rate / static_cast<double>(shape.m);
  compute_limits.SetCounters(state, rates, limits);
  SetPeerCounters(state, rates, peer_rates);
  state.SetLabel(product.Label());
}

template <bool kSigned>
void WarmBench(benchmark::State& state) {
  Measure(state, {state.range(0), state.range(1), state.range(2)}, kSigned);
}

// Odd in every dimension, so that all tails are seen.
constexpr int64_t kSweepSize = 515;
constexpr int64_t kSweepRows = 130;
void SweepBench(benchmark::State& state) { Measure(state, {state.range(0), kSweepSize, kSweepSize}, true); }

constexpr Shape kShapes[] = {{1, 256, 256},      {1, 768, 3072},   {1, 4096, 4096},    {2, 4096, 4096},
                             {4, 4096, 4096},    {8, 4096, 4096},  {16, 4096, 4096},   {32, 4096, 4096},
                             {64, 4096, 4096},   {128, 768, 768},  {128, 768, 3072},   {256, 1024, 1024},
                             {512, 512, 512},    {512, 4096, 512}, {1024, 1024, 1024}, {1024, 4096, 1024},
                             {2048, 2048, 2048}, {33, 257, 129},   {8, 64, 16},        {16, 16, 16}};

}  // namespace

void RegisterWarm() {
  // Iterations are fixed: the library would count calls up to a total time, and a sample is more than a call.
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark("MatMul/s8s8s32", &WarmBench<true>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount(shape, 0.6));
    benchmark::RegisterBenchmark("MatMul/u8s8s32", &WarmBench<false>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount(shape, 0.6));
  }
  for (int64_t m = 1; m <= kSweepRows; ++m) {
    benchmark::RegisterBenchmark("MatMulSweep", &SweepBench)->Arg(m)->UseManualTime()->Iterations(15);
  }
}

}  // namespace isoquant
