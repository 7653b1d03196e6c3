// Public layer: what implementations of operations, here and downstream, ask of a Context.
#ifndef ISOQUANT_RUNTIME_H_
#define ISOQUANT_RUNTIME_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/executor.h"

namespace isoquant {

// The tiers that may run, the caller's threads, and scratch memory. Every Context is a Runtime; programs make Contexts,
// never a Runtime alone.
class ISOQUANT_API Runtime {
 public:
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Allows: whether tier number `index` may run (see TierIndex). AllowsAny: whether one of several may; bit i stands
  // for tier i. For a tier that needs tiles the operating system may be asked to grant them. So call these only when
  // the tier is about to run.
  bool Allows(size_t index) const { return index < 64 && AllowsAny(uint64_t{1} << index); }
  bool AllowsAny(uint64_t tiers) const {
    return (certain_ & tiers) != 0 || ((on_request_ & tiers) != 0 && AreTilesGranted());
  }

  // The Highway targets that may run (bits as in hwy/detect_targets.h): that of the best tier, and all below it.
  // ISOQUANT_DISPATCH of inl/dispatch.h chooses the best of them.
  int64_t targets() const { return targets_; }

  size_t NumWorkers() const { return executor_ == nullptr ? 1 : executor_->NumWorkers(); }

  // Runs all tasks. One task runs on the calling thread, and so do all where there is no executor.
  void Run(size_t num_tasks, TaskRef task) const;

  // Returns at least `bytes` bytes, aligned to 64, or null if there is no memory. They are valid until the next call
  // with the same owner, and contents are not kept. kDriver is for the driver of products alone. An operation that
  // calls the driver keeps what it prepares in kOperation, and the sums that the driver finds in kRowSums and
  // kColumnSums.
  enum class ScratchOwner : uint8_t { kDriver, kOperation, kRowSums, kColumnSums };
  uint8_t* Scratch(ScratchOwner owner, size_t bytes) {
    const ScratchMemory& scratch = scratch_[static_cast<size_t>(owner)];
    return bytes <= scratch.bytes && scratch.data != nullptr ? scratch.data : Grow(owner, bytes);
  }

 protected:
  explicit Runtime(Executor* executor) : executor_(executor) {}  // null: the calling thread
  ~Runtime() { FreeScratch(); }

  // Sets of tiers as AllowsAny takes them: those that may run, and those that may if tiles are granted.
  void Permit(uint64_t certain, uint64_t on_request, int64_t targets) {
    certain_ = certain;
    on_request_ = on_request;
    targets_ = targets;
  }
  void FreeScratch();

 private:
  struct ScratchMemory {
    uint8_t* data = nullptr;
    size_t bytes = 0;
  };

  uint8_t* Grow(ScratchOwner owner, size_t bytes);
  static bool AreTilesGranted();

  Executor* executor_;
  ScratchMemory scratch_[4];
  uint64_t certain_ = 0, on_request_ = 0;
  int64_t targets_ = 0;
};

}  // namespace isoquant

#endif  // ISOQUANT_RUNTIME_H_
