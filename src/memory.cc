// Support: memory of the library's own.
#include "src/memory.h"

#include <atomic>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace isoquant {
namespace {

std::atomic<AllocationFilter> g_filter{nullptr};

constexpr size_t kAlignment = 64;

// Stands right before what AllocateBytes returns.
struct Block {
  void* start;
  size_t mapped_bytes;  // 0: the block is malloc's
};
static_assert(sizeof(Block) <= kAlignment, "it fits before the first aligned address");

// Blocks begin at different offsets from a page, because loads wait for stores to addresses that are equal modulo 4
// KiB.
size_t NextOffset() {
  static std::atomic<size_t> next{0};
  return kAlignment + next.fetch_add(1, std::memory_order_relaxed) % 8 * 128;
}
constexpr size_t kMaxOffset = kAlignment + 7 * 128;

#ifdef MADV_HUGEPAGE
constexpr size_t kHugePage = size_t{2} << 20;

// Memory that begins at the boundary of a huge page, or null. `bytes` is rounded up to whole pages. Huge pages are
// asked for only where the bytes fill them: a huge page that is filled in part would become resident as a whole. For
// the rest they are declined, because a system may be set to give huge pages without being asked.
void* MapHuge(size_t& bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  bytes = (bytes + page - 1) / page * page;
  void* const memory = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  uint8_t* const begin = static_cast<uint8_t*>(memory);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  uint8_t* const start = begin + before;
  if (before != 0) munmap(begin, before);
  munmap(start + bytes, kHugePage - before);

  const size_t whole = bytes / kHugePage * kHugePage;
  (void)madvise(start, whole, MADV_HUGEPAGE);  // a wish: if it fails, small pages will do
  if (whole != bytes) (void)madvise(start + whole, bytes - whole, MADV_NOHUGEPAGE);
  return start;
}

Block AllocateBlock(size_t bytes) {
  if (bytes < kHugePage) return {std::malloc(bytes), 0};
  void* const start = MapHuge(bytes);
  return {start, bytes};
}
void FreeBlock(const Block& block) {
  if (block.mapped_bytes == 0) return std::free(block.start);
  munmap(block.start, block.mapped_bytes);
}
#else
Block AllocateBlock(size_t bytes) { return {std::malloc(bytes), 0}; }
void FreeBlock(const Block& block) { std::free(block.start); }
#endif

}  // namespace

void OverrideAllocation(AllocationFilter filter) { g_filter.store(filter, std::memory_order_release); }

uint8_t* AllocateBytes(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return nullptr;  // so that the sums of sizes below cannot wrap
  const AllocationFilter filter = g_filter.load(std::memory_order_acquire);
  if (filter != nullptr && !filter(bytes)) return nullptr;
  const Block block = AllocateBlock(bytes + kMaxOffset + kAlignment);
  if (block.start == nullptr) return nullptr;
  const uintptr_t start = reinterpret_cast<uintptr_t>(block.start);
  uint8_t* const memory = static_cast<uint8_t*>(block.start) + (kAlignment - start % kAlignment) + NextOffset();
  new (memory - sizeof(Block)) Block(block);
  return memory;
}

void FreeBytes(uint8_t* memory) {
  if (memory == nullptr) return;
  const Block block = *reinterpret_cast<Block*>(memory - sizeof(Block));
  FreeBlock(block);
}

}  // namespace isoquant
