// Support: scratch memory, and running tasks.
#include "isoquant/runtime.h"

#include "src/memory.h"
#include "src/tile_permission.h"

namespace isoquant {

void Runtime::Run(size_t num_tasks, TaskRef task) const {
  if (executor_ != nullptr && num_tasks > 1) return executor_->Run(num_tasks, task);
  for (size_t i = 0; i < num_tasks; ++i) task(i, 0);
}

void Runtime::FreeScratch() {
  for (ScratchMemory& scratch : scratch_) {
    FreeBytes(scratch.data);
    scratch = ScratchMemory();
  }
}

uint8_t* Runtime::Grow(ScratchOwner owner, size_t bytes) {
  ScratchMemory& scratch = scratch_[static_cast<size_t>(owner)];
  FreeBytes(scratch.data);
  scratch.data = AllocateBytes(bytes);
  scratch.bytes = scratch.data == nullptr ? 0 : bytes;
  return scratch.data;
}

bool Runtime::AreTilesGranted() { return RefuseTiles() == nullptr; }

}  // namespace isoquant
