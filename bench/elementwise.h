// Bench support: operations whose work is reading and writing: ours, beside a plain loop and the bandwidth of the same
// memory.
#ifndef ISOQUANT_BENCH_ELEMENTWISE_H_
#define ISOQUANT_BENCH_ELEMENTWISE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace isoquant {

// Bytes read and written per second when `bytes` bytes are copied `passes` times, by the widest vectors that this CPU
// has.
double MeasureCopyBandwidth(const uint8_t* from, uint8_t* to, size_t bytes, size_t passes);

// Reads `from_bytes` bytes and writes `to_bytes`, the same, half or twice as many, by such vectors: what a conversion
// moves at least. (memcpy is no limit of it: its instruction, REP MOVSB, does not read the lines that it writes.)
void MoveBytes(const uint8_t* from, size_t from_bytes, uint8_t* to, size_t to_bytes);

struct ElementwiseCall {
  std::string name;  // "RmsNorm/f32/1/4096"
  double elements;   // of a call
  double bytes;      // that it must read and write
  std::function<void()> run;
  std::function<void()> plain;  // the loop that a user would write (g++ -O3); may be empty
  std::function<void()> fast;   // the same with -march=native -ffast-math; may be empty
  bool writes = true;           // else the limit is that of reading
};

// Registers it with counters gelems (10^9 elements a second), pct_bandwidth (of the limit that is measured between the
// samples, in buffers that are together as large as what the call reads and writes), vs_plain and vs_fast.
void RegisterElementwise(ElementwiseCall call);

// Each registers its benches; main calls them all.
void RegisterBlocks();
void RegisterNorms();
void RegisterQuantizers();
void RegisterVectors();

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_ELEMENTWISE_H_
