// Bench: MatMul of few rows with weights that no cache holds: each call takes the next of many copies. Names:
// MatMulCold/<types>/M/K/N.
#include <algorithm>

#include "bench/huge_buffer.h"
#include "bench/samples.h"

namespace isoquant {
namespace {

// More than the last-level caches of most machines. Where a larger cache holds it all, the bandwidth that is measured
// beside is that of this cache: the limits' buffer is as large and rotates as fast.
constexpr size_t kTotalBytes = size_t{256} << 20;

// Read bandwidth over a buffer that is walked slice by slice, interleaved with the samples.
class RotatingReads {
 public:
  RotatingReads(size_t total, size_t slice) : buffer_(AllocateHugeBuffer(total)), total_(total), slice_(slice) {}

  // One slice for each number of streams.
  void Measure() {
    for (size_t i = 0; i < kCounts; ++i) {
      if (position_ + slice_ > total_) position_ = 0;
      rates_[i].push_back(MeasureReadBandwidth(buffer_.get() + position_, slice_, kStreamCounts[i], 1));
      position_ += slice_;
    }
  }

  // All measurements with the number of streams that served best.
  const std::vector<double>& Best() const {
    return *std::max_element(rates_, rates_ + kCounts,
                             [](const auto& a, const auto& b) { return Median(a) < Median(b); });
  }

 private:
  static constexpr size_t kCounts = sizeof(kStreamCounts) / sizeof(kStreamCounts[0]);
  HugeBuffer buffer_;
  size_t total_, slice_, position_ = 0;
  std::vector<double> rates_[kCounts];
};

template <bool kSigned>
void ColdBench(benchmark::State& state) {
  const Shape shape{state.range(0), state.range(1), state.range(2)};
  const size_t bytes = static_cast<size_t>(shape.k) * static_cast<size_t>(shape.n);
  const size_t copies = kTotalBytes / bytes + 1;
  Product product(shape, kSigned, copies);
  const ComputeLimits compute_limits(product.context());
  // A sample measures twice at most, and so reads about as much as a call does.
  RotatingReads reads(copies * bytes, bytes / 8);
  for (size_t i = 0; i < copies; ++i) reads.Measure();

  std::vector<double> rates, peer_rates, peaks;
  size_t measured = copies;

  std::vector<size_t> at;  // for each sample, the bandwidth measurement before it
  size_t copy = 0;
  double peak = compute_limits.Measure();
  for (auto _ : state) {
    copy = copy + 1 == copies ? 0 : copy + 1;
    at.push_back(measured - 1);
    double begin = Seconds();
    product.RunOurs(copy);
    double seconds = Seconds() - begin;
    rates.push_back(product.count() / seconds);
    state.SetIterationTime(seconds);
    reads.Measure();
    ++measured;
    const double next_peak = compute_limits.Measure();
    peaks.push_back(0.5 * (peak + next_peak));
    peak = next_peak;
    if (product.has_peer()) {
      begin = Seconds();
      product.RunPeer(copy);
      peer_rates.push_back(product.count() / (Seconds() - begin));
      reads.Measure();
      ++measured;
      peak = compute_limits.Measure();
    }
  }

  const double m = static_cast<double>(shape.m), rate = Median(rates);
  const std::vector<double>& bandwidths = reads.Best();
  std::vector<double> bounds(rates.size());
  for (size_t i = 0; i < rates.size(); ++i) {
    const double bandwidth = 0.5 * (bandwidths[at[i]] + bandwidths[at[i] + 1]);
    bounds[i] = std::min(peaks[i], m * bandwidth);  // a byte of weights is one multiply-add per row
  }
  state.counters["gops"] = 2e-9 * rate;
  state.counters["weights_gbps"] = 1e-9 * rate / m;
  state.counters["read_gbps"] = 1e-9 * Median(bandwidths);
  state.counters["pct_limit"] = 100 * Median(Ratios(rates, bounds));
  compute_limits.SetCounters(state, rates, peaks);
  SetPeerCounters(state, rates, peer_rates);
  state.SetLabel(product.Label());
}

constexpr Shape kShapes[] = {{1, 4096, 4096}, {1, 4096, 11008}, {2, 4096, 4096},
                             {4, 4096, 4096}, {8, 4096, 4096},  {16, 4096, 4096}};
constexpr int64_t kSamples = 61;

}  // namespace

void RegisterCold() {
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark("MatMulCold/s8s8s32", &ColdBench<true>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(kSamples);
    benchmark::RegisterBenchmark("MatMulCold/u8s8s32", &ColdBench<false>)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(kSamples);
  }
}

}  // namespace isoquant
