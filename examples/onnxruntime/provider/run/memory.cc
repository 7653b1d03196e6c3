#include "run/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace isoquant_provider {
namespace {

// Large pages, where Linux has them for the asking: with 4 KiB each the first run of a network spends a twentieth of
// its time on getting them.
constexpr size_t kPage = size_t{1} << 21;

constexpr std::align_val_t kAlignment{kPage}, kSmallAlignment{64};

// A session has several regions, whose runs take turns; and shapes may come back.
constexpr size_t kIdleRuns = 256;

uint8_t* Allocate(size_t bytes) {
  if (bytes < kPage) return static_cast<uint8_t*>(::operator new(bytes, kSmallAlignment));
  void* const data = ::operator new(bytes, kAlignment);
#ifdef MADV_HUGEPAGE
  madvise(data, bytes / kPage * kPage, MADV_HUGEPAGE);  // else small pages do
#endif
  return static_cast<uint8_t*>(data);
}

void Free(uint8_t* data, size_t bytes) { ::operator delete(data, bytes < kPage ? kSmallAlignment : kAlignment); }

}  // namespace

Memory::~Memory() {
  for (const Block& block : blocks_) Free(block.data, block.bytes);
}

uint8_t* Memory::Lend(size_t bytes) {
  bytes = std::max<size_t>((bytes + 4095) / 4096 * 4096, 4096);
  // The smallest that is large enough, but no large one for little.
  Block* best = nullptr;
  for (Block& block : blocks_) {
    if (!block.is_lent && block.bytes >= bytes && block.bytes / 4 <= bytes &&
        (best == nullptr || block.bytes < best->bytes)) {
      best = &block;
    }
  }
  if (best == nullptr) {
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({Allocate(bytes), bytes, false, 0});
    bytes_ += bytes;
    best = &blocks_.back();
  }
  best->is_lent = true;
  best->last_run = runs_;
  return best->data;
}

void Memory::TakeBack(uint8_t* data) {
  for (Block& block : blocks_) {
    if (block.data != data) continue;
    block.is_lent = false;
    return;
  }
}

void Memory::EndRun() {
  ++runs_;
  size_t kept = 0;
  for (const Block& block : blocks_) {
    if (runs_ - block.last_run <= kIdleRuns) {
      blocks_[kept++] = block;
    } else {
      bytes_ -= block.bytes;
      Free(block.data, block.bytes);
    }
  }
  blocks_.resize(kept);
}

}  // namespace isoquant_provider
