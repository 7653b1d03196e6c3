// Bench support: read bandwidth by the widest loads that this CPU has.
#include <algorithm>

#include "bench/limits.h"
#include "isoquant/cpu.h"

namespace isoquant {
namespace {

// Reads `bytes` bytes as kStreams runs that advance together, 256 bytes of each at a time, so that as many prefetchers
// run ahead. The rest that does not divide is not read.
#if defined(__x86_64__)
typedef uint64_t Vector512 __attribute__((vector_size(64), may_alias));
typedef uint64_t Vector256 __attribute__((vector_size(32), may_alias));

#define ISOQUANT_READ(NAME, TARGET, VECTOR)                                             \
  template <size_t kStreams>                                                            \
  __attribute__((target(TARGET))) uint64_t NAME(const uint8_t* data, size_t bytes) {    \
    const size_t run = bytes / kStreams / 256 * 256;                                    \
    VECTOR sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};                                  \
    for (size_t i = 0; i < run; i += 256) {                                             \
      for (size_t stream = 0; stream < kStreams; ++stream) {                            \
        const VECTOR* block = reinterpret_cast<const VECTOR*>(data + stream * run + i); \
        for (size_t j = 0; j < 256 / sizeof(VECTOR); j += 4) {                          \
          sum0 |= block[j];                                                             \
          sum1 |= block[j + 1];                                                         \
          sum2 |= block[j + 2];                                                         \
          sum3 |= block[j + 3];                                                         \
        }                                                                               \
      }                                                                                 \
    }                                                                                   \
    sum0 |= sum1 | sum2 | sum3;                                                         \
    return sum0[0] | sum0[1] | sum0[2] | sum0[3];                                       \
  }
ISOQUANT_READ(Read512, "avx512f", Vector512)
ISOQUANT_READ(Read256, "avx2", Vector256)
#endif

template <size_t kStreams>
uint64_t ReadPlain(const uint8_t* data, size_t bytes) {
  const size_t run = bytes / kStreams / 256 * 256;
  uint64_t sum = 0;
  for (size_t i = 0; i < run; i += 256) {
    for (size_t stream = 0; stream < kStreams; ++stream) {
      for (size_t j = 0; j < 256; ++j) sum |= data[stream * run + i + j];
    }
  }
  return sum;
}

template <size_t kStreams>
uint64_t Read(const uint8_t* data, size_t bytes) {
#if defined(__x86_64__)
  const Cpu& cpu = DetectCpu();
  if ((cpu.leaf7_ebx >> 16 & 1) != 0 && (cpu.xcr0 & 0xe6) == 0xe6) return Read512<kStreams>(data, bytes);
  if ((cpu.leaf7_ebx >> 5 & 1) != 0 && (cpu.xcr0 & 6) == 6) return Read256<kStreams>(data, bytes);
#endif
  return ReadPlain<kStreams>(data, bytes);
}

}  // namespace

double MeasureReadBandwidth(const uint8_t* data, size_t bytes, size_t streams, size_t passes) {
  // Whole vectors at their own alignment.
  const size_t skip = (64 - reinterpret_cast<uintptr_t>(data) % 64) % 64;
  data += skip;
  bytes -= skip;
  uint64_t sum = 0;
  const double begin = Seconds();
  for (size_t pass = 0; pass < passes; ++pass) {
    switch (streams) {
      case 2:
        sum |= Read<2>(data, bytes);
        break;
      case 4:
        sum |= Read<4>(data, bytes);
        break;
      case 8:
        sum |= Read<8>(data, bytes);
        break;
      default:
        sum |= Read<1>(data, bytes);
    }
  }
  const double seconds = Seconds() - begin;
  volatile uint64_t sink = sum;  // so that the loads are needed
  static_cast<void>(sink);
  return static_cast<double>(bytes) * static_cast<double>(passes) / seconds;
}

}  // namespace isoquant
