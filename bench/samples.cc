// Bench support: implementation of samples.h.
#include "bench/samples.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace isoquant {
namespace {

hwy::AlignedVector<int8_t> RandomBytes(size_t size, uint64_t seed) {
  hwy::AlignedVector<int8_t> values(size);
  for (size_t i = 0; i < size; i += sizeof(seed)) {
    // Marsaglia's xorshift: hundreds of megabytes are wanted.
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    std::memcpy(values.data() + i, &seed, std::min(sizeof(seed), size - i));
  }
  return values;
}

double MedianOfFive(double (*measure)()) {
  std::vector<double> values;
  for (int i = 0; i < 5; ++i) values.push_back(measure());
  return Median(std::move(values));
}

}  // namespace

void Abort(const Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<double> Ratios(const std::vector<double>& numerators, const std::vector<double>& denominators) {
  std::vector<double> ratios(numerators.size());
  for (size_t i = 0; i < ratios.size(); ++i) ratios[i] = numerators[i] / denominators[i];
  return ratios;
}

Product::Product(const Shape& shape, bool a_is_signed, size_t copies, Executor* executor, size_t threads)
    : m_(static_cast<size_t>(shape.m)),
      k_(static_cast<size_t>(shape.k)),
      n_(static_cast<size_t>(shape.n)),
      a_is_signed_(a_is_signed),
      count_(static_cast<double>(shape.m) * static_cast<double>(shape.k) * static_cast<double>(shape.n)),
      context_(executor == nullptr ? std::make_unique<Context>() : std::make_unique<Context>(*executor)),
      a_(RandomBytes(m_ * k_, 88172645463325252u)),
      c_(m_ * n_),
      packed_(copies) {
  const hwy::AlignedVector<int8_t> b = RandomBytes(k_ * n_, 2463534242u);
  for (PackedWeights& packed : packed_) CheckOk(PackedWeights::Pack(*context_, KxN{{b.data(), k_, n_}}, packed));
  if (OneDnnVersion().empty()) return;
  LimitOneDnn(context_->tier());
  if (!SetOneDnnThreads(threads)) return;
  peer_c_.resize(c_.size());
  peer_ = MakeOneDnnMatMul({m_, k_, n_, a_.data(), a_is_signed, b.data(), peer_c_.data(), copies});
  if (peer_ == nullptr) return;
  RunOurs();
  RunPeer();
  peer_is_exact_ = c_ == peer_c_;
}

void Product::RunOurs(size_t copy) {
  const PackedWeights& packed = packed_[copy];
  const MatrixView<int32_t> c(c_.data(), m_, n_);
  if (a_is_signed_) {
    CheckOk(MatMul(*context_, MatrixView<const int8_t>(a_.data(), m_, k_), packed, c));
  } else {
    CheckOk(
        MatMul(*context_, MatrixView<const uint8_t>(reinterpret_cast<const uint8_t*>(a_.data()), m_, k_), packed, c));
  }
  benchmark::ClobberMemory();
}

void Product::RunPeer(size_t copy) {
  peer_->Run(copy);
  benchmark::ClobberMemory();
}

std::string Product::Label() const {
  std::string label = context_->tier();
  if (peer_ != nullptr) {
    label += "; oneDNN " + OneDnnVersion() + " " + peer_->Implementation();
    if (!peer_is_exact_) label += " (results differ)";
  }
  return label;
}

Repeats::Repeats(double count_in)
    : count(count_in), timed(static_cast<size_t>(std::max(1.0, 5e7 / count_in))), untimed(1) {}

ComputeLimits::ComputeLimits(const Context& context)
    : wide_(std::string(context.tier()).compare(0, 6, "avx512") == 0 || std::string(context.tier()) == "amx_int8"),
      measure_(std::string(context.tier()) == "amx_int8" ? &MeasureAmxPeak
               : wide_                                   ? &MeasureVnniPeak
                                                         : &MeasureFmaPeak),
      other_(MedianOfFive(wide_ ? &MeasureFmaPeak : &MeasureVnniPeak)) {}

void ComputeLimits::SetCounters(benchmark::State& state, const std::vector<double>& rates,
                                const std::vector<double>& limits) const {
  const double rate = Median(rates), ratio = Median(Ratios(rates, limits));
  const double peak = wide_ ? Median(limits) : other_, fma = wide_ ? other_ : Median(limits);
  if (peak != 0) state.counters["pct_peak"] = 100 * (wide_ ? ratio : rate / peak);
  if (fma != 0) state.counters["vs_fma"] = wide_ ? rate / fma : ratio;
}

void SetPeerCounters(benchmark::State& state, const std::vector<double>& rates, const std::vector<double>& peer_rates) {
  if (peer_rates.empty()) return;
  state.counters["onednn_gops"] = 2e-9 * Median(peer_rates);
  state.counters["vs_onednn"] = Median(Ratios(rates, peer_rates));
}

int64_t SampleCount(const Shape& shape, double seconds) {
  const double count = static_cast<double>(shape.m) * static_cast<double>(shape.k) * static_cast<double>(shape.n);
  const Repeats repeats(count);
  // Ours and the peer's, at a rate that most shapes reach, and the limits; an odd number has a median.
  const double sample = 2 * static_cast<double>(repeats.timed + repeats.untimed) * count / 2.5e11 + 2.5e-4;
  return static_cast<int64_t>(std::clamp(seconds / sample, 7.0, 60.0)) / 2 * 2 + 1;
}

}  // namespace isoquant
