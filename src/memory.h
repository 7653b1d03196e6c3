// Support: memory of the library's own.
#ifndef ISOQUANT_SRC_MEMORY_H_
#define ISOQUANT_SRC_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace isoquant {

// At least `bytes` bytes, aligned to 64; null if there is no memory. For blocks of 2 MiB and more it asks for huge
// pages, where the system gives them on request, because weights that are streamed touch each page once only. From 64
// KiB on at most 3 % more than `bytes` becomes resident (memory_test.cc).
uint8_t* AllocateBytes(size_t bytes);

// Null is allowed.
void FreeBytes(uint8_t* memory);

// For tests: from now on AllocateBytes fails where `filter` returns false. Null takes the filter away. No other thread
// may use the library at the time of the call.
using AllocationFilter = bool (*)(size_t bytes);
void OverrideAllocation(AllocationFilter filter);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_MEMORY_H_
