// Support: memory of the library's own.
#include "src/memory.h"

#include <cstdlib>

#include "hwy/aligned_allocator.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace isoquant {
namespace {

#ifdef MADV_HUGEPAGE
constexpr size_t kHugePage = size_t{2} << 20;

void* AllocateHuge(void*, size_t bytes) {
  if (bytes < kHugePage) return std::malloc(bytes);
  const size_t rounded = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, rounded);
  if (memory != nullptr) (void)madvise(memory, rounded, MADV_HUGEPAGE);  // a wish: small pages do too
  return memory;
}
void Free(void*, void* memory) { std::free(memory); }
#else
constexpr hwy::AllocPtr AllocateHuge = nullptr;  // Highway's default: malloc and free
constexpr hwy::FreePtr Free = nullptr;
#endif

}  // namespace

uint8_t* AllocateBytes(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return nullptr;  // beyond, the sizes that are allocated could wrap
  return static_cast<uint8_t*>(hwy::AllocateAlignedBytes(bytes + 64, AllocateHuge, nullptr));
}

void FreeBytes(uint8_t* memory) { hwy::FreeAlignedBytes(memory, Free, nullptr); }

}  // namespace isoquant
