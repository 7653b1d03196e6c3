// Support: memory of the library's own.
#ifndef ISOQUANT_SRC_MEMORY_H_
#define ISOQUANT_SRC_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace isoquant {

// At least `bytes` bytes, aligned to 64; null if there is no memory. Blocks of 2 MiB and more ask for huge pages where
// the system gives them on request, because streaming weights touches a page once. From 64 KiB on at most 3 % more than
// `bytes` becomes resident.
uint8_t* AllocateBytes(size_t bytes);

// Null is allowed.
void FreeBytes(uint8_t* memory);

// For tests: from now on AllocateBytes fails where `filter` returns false, until null restores the truth. Not beside
// other threads that use the library.
using AllocationFilter = bool (*)(size_t bytes);
void OverrideAllocation(AllocationFilter filter);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_MEMORY_H_
