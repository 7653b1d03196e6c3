#include "program/memory.h"

#include <algorithm>
#include <new>

namespace isoquant_provider {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

Memory::~Memory() {
  for (const Block& block : blocks_) ::operator delete(block.data, kAlignment);
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
    // Shapes have changed, it seems: memory stays within twice of what was ever needed at once.
    if (bytes_ - lent_bytes_ > lent_bytes_ + bytes) FreeUnused();
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({static_cast<uint8_t*>(::operator new(bytes, kAlignment)), bytes, false});
    bytes_ += bytes;
    best = &blocks_.back();
  }
  best->is_lent = true;
  lent_bytes_ += best->bytes;
  return best->data;
}

void Memory::TakeBack(uint8_t* data) {
  for (Block& block : blocks_) {
    if (block.data != data) continue;
    block.is_lent = false;
    lent_bytes_ -= block.bytes;
    return;
  }
}

void Memory::FreeUnused() {
  const auto is_unused = [](const Block& block) { return !block.is_lent; };
  for (const Block& block : blocks_) {
    if (is_unused(block)) ::operator delete(block.data, kAlignment);
  }
  blocks_.erase(std::remove_if(blocks_.begin(), blocks_.end(), is_unused), blocks_.end());
  bytes_ = lent_bytes_;
}

}  // namespace isoquant_provider
