// Layer 3: memory for what a run computes on its way.
#ifndef ISOQUANT_PROVIDER_RUN_MEMORY_H_
#define ISOQUANT_PROVIDER_RUN_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace isoquant_provider {

// Blocks that are lent and given back. They are kept: a run with the shapes of the one before allocates nothing.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  // At least `bytes` bytes, aligned to 64.
  uint8_t* Lend(size_t bytes);
  void TakeBack(uint8_t* data);
  // At the end of a run, when all blocks are back: frees those that no run has needed for long.
  void EndRun();

  // Of all blocks, lent or not.
  size_t bytes() const { return bytes_; }

 private:
  struct Block {
    uint8_t* data;
    size_t bytes;
    bool is_lent;
    size_t last_run;  // that needed it
  };

  std::vector<Block> blocks_;
  size_t bytes_ = 0, runs_ = 0;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_RUN_MEMORY_H_
