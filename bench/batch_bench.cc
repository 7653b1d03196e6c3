// Bench: MatMulBatch beside a loop of MatMul, s8 to s32, as attention has them. Names: MatMulBatch/HEADS/M/K/N/threads
// (a packed b for each product), MatMulBatchPlain/... (N x K, as keys lie in memory), with a pool whose threads spin
// for a while before they sleep. Counter vs_loop: the rate over that of the loop, which has the same threads.
#include "bench/samples.h"
#include "bench/worker_pool.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

struct Heads {
  int64_t count, m, k, n;
};

class Batch {
 public:
  Batch(const Heads& h, bool is_packed, Executor& executor)
      : count_(static_cast<size_t>(h.count)),
        m_(static_cast<size_t>(h.m)),
        k_(static_cast<size_t>(h.k)),
        n_(static_cast<size_t>(h.n)),
        is_packed_(is_packed),
        context_(executor),
        a_(count_ * m_ * k_),
        b_(count_ * k_ * n_),
        c_(count_ * m_ * n_),
        packed_(count_) {
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<int8_t>(state >> 24);
    };
    for (int8_t& value : a_) value = random();
    for (int8_t& value : b_) value = random();
    for (size_t i = 0; i < count_; ++i) CheckOk(PackedWeights::Pack(context_, Plain(i), packed_[i]));
  }

  double operations() const { return static_cast<double>(count_ * m_) * static_cast<double>(k_ * n_); }
  const char* tier() const { return context_.tier(); }

  void Run() {
    const MatrixBatch<const int8_t> a(a_.data(), count_, m_, k_);
    const MatrixBatch<int32_t> c(c_.data(), count_, m_, n_);
    if (is_packed_) {
      CheckOk(MatMulBatch(context_, a, VectorView<const PackedWeights>(packed_.data(), count_), c));
    } else {
      CheckOk(MatMulBatch(context_, a, WeightsBatch(Plain(0), count_, n_ * k_), c));
    }
    benchmark::ClobberMemory();
  }
  void RunLoop() {
    for (size_t i = 0; i < count_; ++i) {
      const MatrixView<const int8_t> a(a_.data() + i * m_ * k_, m_, k_);
      const MatrixView<int32_t> c(c_.data() + i * m_ * n_, m_, n_);
      CheckOk(is_packed_ ? MatMul(context_, a, packed_[i], c) : MatMul(context_, a, Plain(i), c));
    }
    benchmark::ClobberMemory();
  }

 private:
  NxK Plain(size_t i) const { return NxK{{b_.data() + i * k_ * n_, n_, k_}}; }

  const size_t count_, m_, k_, n_;
  const bool is_packed_;
  Context context_;
  hwy::AlignedVector<int8_t> a_, b_;
  hwy::AlignedVector<int32_t> c_;
  std::vector<PackedWeights> packed_;
};

void BatchBench(benchmark::State& state, bool is_packed) {
  WorkerPool pool(static_cast<size_t>(state.range(4)));
  Batch batch({state.range(0), state.range(1), state.range(2), state.range(3)}, is_packed, pool);
  const Repeats repeats(batch.operations());
  std::vector<double> rates, loop_rates;
  for (auto _ : state) {
    loop_rates.push_back(repeats.Rate([&] { batch.RunLoop(); }));
    rates.push_back(repeats.Rate([&] { batch.Run(); }));
    state.SetIterationTime(batch.operations() / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters["vs_loop"] = Median(Ratios(rates, loop_rates));
  state.SetLabel(batch.tier());
}

// Scores and values of heads, one row of many heads, and tiny products.
constexpr Heads kHeads[] = {{12, 128, 64, 128}, {12, 128, 128, 64}, {32, 1, 128, 2048}, {32, 1, 2048, 128},
                            {5, 128, 64, 128},  {96, 16, 64, 16},   {1, 128, 64, 128}};

}  // namespace

void RegisterBatch() {
  for (const Heads& h : kHeads) {
    for (const int64_t threads : {1, 2}) {
      const auto add = [&](const char* name, bool is_packed) {
        benchmark::RegisterBenchmark(name, &BatchBench, is_packed)
            ->Args({h.count, h.m, h.k, h.n, threads})
            ->UseManualTime()
            ->Iterations(SampleCount({h.count * h.m, h.k, h.n}, 0.3));
      };
      add("MatMulBatch", true);
      add("MatMulBatchPlain", false);
    }
  }
}

}  // namespace isoquant
