// Bench support: one product, ours and the peer's, and how samples of the two are taken and summed up.
#ifndef ISOQUANT_BENCH_SAMPLES_H_
#define ISOQUANT_BENCH_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/limits.h"
#include "bench/onednn_peer.h"
#include "benchmark/benchmark.h"
#include "hwy/aligned_allocator.h"
#include "isoquant/isoquant.h"

namespace isoquant {

struct Shape {
  int64_t m, k, n;
};

// Aborts with the text of an error. (In line: some calls take 20 ns.)
[[noreturn]] void Abort(const Status& status);
inline void CheckOk(const Status& status) {
  if (!status.ok()) Abort(status);
}

double Median(std::vector<double> values);
// Element by element.
std::vector<double> Ratios(const std::vector<double>& numerators, const std::vector<double>& denominators);

// C = A B with random values over the full range of the types, and weights packed by each library in its own way.
class Product {
 public:
  // The peer runs with `threads`, ours with the workers of `executor` (null: the calling thread).
  Product(const Shape& shape, bool a_is_signed, size_t copies = 1, Executor* executor = nullptr, size_t threads = 1);

  // With copy number `copy` of the weights.
  void RunOurs(size_t copy = 0);
  void RunPeer(size_t copy = 0);
  bool has_peer() const { return peer_ != nullptr; }

  double count() const { return count_; }  // multiply-adds
  const Context& context() const { return *context_; }
  // "avx512_vnni; oneDNN 2.6.3 brg:avx512_core_vnni", and whether oneDNN's results are wrong (below AVX-512 VNNI its
  // intermediate sums saturate).
  std::string Label() const;

 private:
  size_t m_, k_, n_;
  bool a_is_signed_;
  double count_;
  std::unique_ptr<Context> context_;
  // Aligned to cache lines, as frameworks allocate tensors: where rows of C begin elsewhere, each of our vectors is
  // stored to two lines (512 cubed: 3 % slower).
  hwy::AlignedVector<int8_t> a_;  // u8 by the same bits
  hwy::AlignedVector<int32_t> c_, peer_c_;
  std::vector<PackedWeights> packed_;
  std::unique_ptr<OneDnnMatMul> peer_;
  bool peer_is_exact_ = true;
};

// Rate of `count` operations per call; a short call is repeated until a sample takes 0.1 ms at least. One call that
// is not timed goes before, because what ran before has displaced the operands from the caches.
struct Repeats {
  explicit Repeats(double count);
  template <class Call>
  double Rate(const Call& call) const {
    for (size_t i = 0; i < untimed; ++i) call();
    const double begin = Seconds();
    for (size_t i = 0; i < timed; ++i) call();
    return count * static_cast<double>(timed) / (Seconds() - begin);
  }
  double count;
  size_t timed, untimed;
};

// The limit that belongs to the instruction of a tier, measured again and again, and the other one, in the beginning.
class ComputeLimits {
 public:
  explicit ComputeLimits(const Context& context);
  double Measure() const { return measure_(); }
  // Counters pct_peak and vs_fma, of rates and of the limits beside them.
  void SetCounters(benchmark::State& state, const std::vector<double>& rates, const std::vector<double>& limits) const;

 private:
  bool wide_;  // AMX: by TDPBUSD, AVX-512: by VPDPBUSD, else by f32 FMA
  double (*measure_)();
  double other_;
};

// Counters onednn_gops and vs_onednn; nothing without samples of the peer.
void SetPeerCounters(benchmark::State& state, const std::vector<double>& rates, const std::vector<double>& peer_rates);

// Samples that take about `seconds` in all.
int64_t SampleCount(const Shape& shape, double seconds);

// Each registers its benchmarks; main calls them all.
void RegisterLimits();
void RegisterWarm();
void RegisterCold();
void RegisterThreads();
void RegisterBatch();
void RegisterPack();
void RegisterStages();
void RegisterZeroPoints();
void RegisterLinear();
void RegisterFloat();
void RegisterResize();

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_SAMPLES_H_
