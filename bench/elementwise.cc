// Bench support: operations whose work is reading and writing, see elementwise.h.
#include "bench/elementwise.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "bench/limits.h"
#include "bench/samples.h"
#include "benchmark/benchmark.h"
#include "hwy/aligned_allocator.h"
#include "isoquant/cpu.h"

namespace isoquant {
namespace {

#if defined(__x86_64__)
typedef uint64_t Vector512 __attribute__((vector_size(64), may_alias));
__attribute__((target("avx512f"))) void Copy512(const uint8_t* from, uint8_t* to, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 256) {
    const Vector512* const in = reinterpret_cast<const Vector512*>(from + i);
    Vector512* const out = reinterpret_cast<Vector512*>(to + i);
    const Vector512 v0 = in[0], v1 = in[1], v2 = in[2], v3 = in[3];
    out[0] = v0;
    out[1] = v1;
    out[2] = v2;
    out[3] = v3;
  }
}

// kIn lines are read where kOut are written.
template <size_t kIn, size_t kOut>
__attribute__((target("avx512f"))) void Move512(const uint8_t* from, uint8_t* to, size_t lines) {
  for (size_t i = 0; i < lines; ++i) {
    const Vector512* const in = reinterpret_cast<const Vector512*>(from + 64 * kIn * i);
    Vector512* const out = reinterpret_cast<Vector512*>(to + 64 * kOut * i);
    Vector512 v = in[0];
    if constexpr (kIn == 2) v |= in[1];
    out[0] = v;
    if constexpr (kOut == 2) out[1] = v;
  }
}
#endif

bool HasVectors512() {
#if defined(__x86_64__)
  const Cpu& cpu = DetectCpu();
  return (cpu.leaf7_ebx >> 16 & 1) != 0 && (cpu.xcr0 & 0xe6) == 0xe6;
#else
  return false;
#endif
}

void CopyBytes(const uint8_t* from, uint8_t* to, size_t bytes) {
#if defined(__x86_64__)
  if (HasVectors512()) return Copy512(from, to, bytes);
#endif
  std::copy(from, from + bytes, to);
}

}  // namespace

void MoveBytes(const uint8_t* from, size_t from_bytes, uint8_t* to, size_t to_bytes) {
#if defined(__x86_64__)
  if (HasVectors512()) {
    if (from_bytes == to_bytes) return CopyBytes(from, to, from_bytes / 256 * 256);
    if (from_bytes < to_bytes) return Move512<1, 2>(from, to, from_bytes / 64);
    return Move512<2, 1>(from, to, to_bytes / 64);
  }
#endif
  std::copy(from, from + (from_bytes + to_bytes) / 2, to);
}

double MeasureCopyBandwidth(const uint8_t* from, uint8_t* to, size_t bytes, size_t passes) {
  const double begin = Seconds();
  for (size_t pass = 0; pass < passes; ++pass) {
    CopyBytes(from, to, bytes);
    benchmark::ClobberMemory();
  }
  return 2.0 * static_cast<double>(bytes) * static_cast<double>(passes) / (Seconds() - begin);
}

void RegisterElementwise(ElementwiseCall call_in) {
  const auto shared = std::make_shared<ElementwiseCall>(std::move(call_in));
  const auto bench = [shared](benchmark::State& state) {
    const ElementwiseCall& call = *shared;
    const Repeats repeats(call.elements);
    // Read alone, or half of it read and half written.
    const size_t bytes = std::max<size_t>(256, static_cast<size_t>(call.bytes) / 256 * 256);
    const size_t half = std::max<size_t>(256, bytes / 512 * 256),
                 passes = std::max<size_t>(2, (size_t{4} << 20) / bytes);
    hwy::AlignedVector<uint8_t> from(bytes), to(bytes);
    std::vector<double> rates, plain, fast, limits;
    for (auto _ : state) {
      limits.push_back(call.writes ? MeasureCopyBandwidth(from.data(), to.data(), half, passes)
                                   : MeasureReadBandwidth(from.data(), bytes, 4, passes));
      const auto rate = [&](const std::function<void()>& run) {
        return repeats.Rate([&] {
          run();
          benchmark::ClobberMemory();
        });
      };
      rates.push_back(rate(call.run));
      if (call.plain) plain.push_back(rate(call.plain));
      if (call.fast) fast.push_back(rate(call.fast));
      state.SetIterationTime(call.elements / rates.back());
    }
    state.counters["gelems"] = 1e-9 * Median(rates);
    state.counters["pct_bandwidth"] = 100.0 * call.bytes / call.elements * Median(Ratios(rates, limits));
    if (!plain.empty()) state.counters["vs_plain"] = Median(Ratios(rates, plain));
    if (!fast.empty()) state.counters["vs_fast"] = Median(Ratios(rates, fast));
    state.SetLabel(Context().tier());
  };
  benchmark::RegisterBenchmark(shared->name.c_str(), bench)->UseManualTime()->Iterations(31);
}

}  // namespace isoquant
