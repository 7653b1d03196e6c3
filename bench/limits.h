// Bench support: what this machine can do at most, measured in the same process as what we reach.
#ifndef ISOQUANT_BENCH_LIMITS_H_
#define ISOQUANT_BENCH_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace isoquant {

inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Multiply-adds per second of an instruction on independent registers for about 0.1 ms; 0 where the CPU lacks it.
// Twelve accumulators cover latency 5 at two per cycle.

// VPDPBUSD on the widest vectors that this CPU has it for.
double MeasureVnniPeak();

// TDPBUSD on tiles. Only where this process may use them.
double MeasureAmxPeak();

// f32 VFMADD on 256-bit vectors: what an AVX2 float kernel could reach. And on 512-bit ones.
double MeasureFmaPeak();
double MeasureWideFmaPeak();

// Bytes per second of reading `bytes` bytes `passes` times, as `streams` (1, 2, 4 or 8) runs side by side: how many
// serve memory best depends on the machine and on the hour.
constexpr size_t kStreamCounts[] = {1, 2, 4, 8};
double MeasureReadBandwidth(const uint8_t* data, size_t bytes, size_t streams, size_t passes);

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_LIMITS_H_
