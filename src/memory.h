// Support: memory of the library's own.
#ifndef ISOQUANT_SRC_MEMORY_H_
#define ISOQUANT_SRC_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace isoquant {

// At least `bytes` bytes, aligned to 64; null if there is no memory. Large blocks ask for huge pages where the system
// gives them on request: streaming weights touches a page once.
uint8_t* AllocateBytes(size_t bytes);

// Null is allowed.
void FreeBytes(uint8_t* memory);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_MEMORY_H_
