// Bench support: memory on huge pages, where the system has them.
#ifndef ISOQUANT_BENCH_HUGE_BUFFER_H_
#define ISOQUANT_BENCH_HUGE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace isoquant {

struct FreeBuffer {
  void operator()(uint8_t* memory) const { std::free(memory); }
};
using HugeBuffer = std::unique_ptr<uint8_t, FreeBuffer>;

// Zeros. Isoquant keeps large weights on huge pages; the peer's weights and the buffers of the limits lie on such pages
// too, for no ratio is to come from page tables.
inline HugeBuffer AllocateHugeBuffer(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t unit = bytes < kHugePage ? 64 : kHugePage;
  const size_t rounded = (bytes + unit - 1) / unit * unit;
  HugeBuffer buffer(static_cast<uint8_t*>(std::aligned_alloc(unit, rounded)));
  if (buffer == nullptr) std::abort();
#if defined(__linux__)
  if (unit == kHugePage) static_cast<void>(madvise(buffer.get(), rounded, MADV_HUGEPAGE));
#endif
  std::memset(buffer.get(), 0, rounded);
  return buffer;
}

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_HUGE_BUFFER_H_
