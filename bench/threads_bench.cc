// Bench: MatMul with T threads. Names: MatMulThreads/s8s8s32/M/K/N/T, with a pool whose threads spin for a while before
// they sleep; MatMulThreadsHighway/spin or sleep/M/K/N/T, with Highway's.
#include <chrono>
#include <thread>

#include "bench/samples.h"
#include "bench/worker_pool.h"
#ifdef ISOQUANT_BENCH_THREAD_POOL
#include "isoquant/thread_pool.h"
#endif

namespace isoquant {
namespace {

// Idle threads of GNU's OpenMP spin for some milliseconds after a call, on cores that the next one here needs.
constexpr auto kPeerCalmsDown = std::chrono::milliseconds(20);

// Threads that have slept start on whatever core they last ran, beside the one that wakes them perhaps, and it takes
// the system some milliseconds to part them.
constexpr double kWarmUpSeconds = 5e-3;

template <class Call>
void WarmUp(const Call& call) {
  const double begin = Seconds();
  do call();
  while (Seconds() - begin < kWarmUpSeconds);
}

// How many cores the threads really get: T loops on registers alone, against one. Less than T where other programs
// run; then scaling says little.
double Capacity(Executor& pool) {
  const double begin = Seconds();
  MeasureVnniPeak();
  MeasureFmaPeak();
  const double middle = Seconds();
  const auto loops = [](size_t, size_t) {
    MeasureVnniPeak();
    MeasureFmaPeak();
  };
  pool.Run(pool.NumWorkers(), TaskRef(loops));
  return static_cast<double>(pool.NumWorkers()) * (middle - begin) / (Seconds() - middle);
}

// A sample is one thread, T threads, and the peer with T threads. Counter scaling: the second over the first.
void Measure(benchmark::State& state, Executor& pool, bool with_peer) {
  const Shape shape{state.range(0), state.range(1), state.range(2)};
  const size_t threads = pool.NumWorkers();
  Product single(shape, true), product(shape, true, 1, &pool, threads);
  const Repeats repeats(product.count());
  std::vector<double> single_rates, rates, peer_rates, capacities;
  for (auto _ : state) {
    if (threads > 1) {
      WarmUp([&] { single.RunOurs(); });
      single_rates.push_back(repeats.Rate([&] { single.RunOurs(); }));
    }
    if (threads > 1) {
      WarmUp([&] { product.RunOurs(); });
      capacities.push_back(Capacity(pool));
    }
    rates.push_back(repeats.Rate([&] { product.RunOurs(); }));
    state.SetIterationTime(product.count() / rates.back());
    if (!with_peer || !product.has_peer()) continue;
    if (threads > 1) WarmUp([&] { product.RunPeer(); });
    peer_rates.push_back(repeats.Rate([&] { product.RunPeer(); }));
    if (threads > 1) std::this_thread::sleep_for(kPeerCalmsDown);
  }
  SetOneDnnThreads(1);
  state.counters["gops"] = 2e-9 * Median(rates);
  if (threads > 1) {
    state.counters["scaling"] = Median(Ratios(rates, single_rates));
    state.counters["capacity"] = Median(capacities);
  }
  SetPeerCounters(state, rates, peer_rates);
  state.SetLabel(product.Label());
}

void ThreadsBench(benchmark::State& state) {
  WorkerPool pool(static_cast<size_t>(state.range(3)));
  Measure(state, pool, true);
}

// Few rows, many, few columns; and small ones, where waking a thread costs as much as its share of the work.
constexpr Shape kShapes[] = {{1, 4096, 4096}, {8, 4096, 4096},  {16, 4096, 4096},   {64, 4096, 4096},  {64, 1024, 1024},
                             {128, 768, 768}, {128, 768, 3072}, {512, 512, 512},    {1024, 64, 1024},  {16, 256, 4096},
                             {33, 257, 129},  {256, 256, 256},  {1024, 1024, 1024}, {2048, 2048, 2048}};

#ifdef ISOQUANT_BENCH_THREAD_POOL
void HighwayBench(benchmark::State& state, hwy::PoolWaitMode mode) {
  hwy::ThreadPool pool(static_cast<size_t>(state.range(3)) - 1);
  pool.SetWaitMode(mode);
  ThreadPoolExecutor executor(pool);
  // The pool tries each of its ways to wait for some dozens of runs.
  const auto nothing = [](size_t, size_t) {};
  for (size_t i = 0; i < 2000 && !pool.AutoTuneComplete(); ++i) executor.Run(executor.NumWorkers(), TaskRef(nothing));
  Measure(state, executor, false);
}

void RegisterHighway(const Shape& shape, const char* name, hwy::PoolWaitMode mode) {
  benchmark::RegisterBenchmark(name, &HighwayBench, mode)
      ->Args({shape.m, shape.k, shape.n, 2})
      ->UseManualTime()
      ->Iterations(SampleCount(shape, 0.2));
}
#endif

}  // namespace

void RegisterThreads() {
  for (const Shape& shape : kShapes) {
    for (const int64_t threads : {1, 2}) {
      benchmark::RegisterBenchmark("MatMulThreads/s8s8s32", &ThreadsBench)
          ->Args({shape.m, shape.k, shape.n, threads})
          ->UseManualTime()
          ->Iterations(SampleCount(shape, 0.4));
    }
#ifdef ISOQUANT_BENCH_THREAD_POOL
    RegisterHighway(shape, "MatMulThreadsHighway/spin", hwy::PoolWaitMode::kSpin);
    RegisterHighway(shape, "MatMulThreadsHighway/sleep", hwy::PoolWaitMode::kBlock);
#endif
  }
}

}  // namespace isoquant
