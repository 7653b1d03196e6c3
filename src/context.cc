// Support: which tier runs; threads; scratch memory.
#include "isoquant/context.h"

#include "hwy/targets.h"
#include "src/detection.h"
#include "src/environment.h"
#include "src/memory.h"
#include "src/tiers.h"

namespace isoquant {

Context::Context() {
  const Environment& environment = Environment::Get();
  capped_ = environment.capped;
  disabled_ = environment.disabled;
  environment_status_ = environment.status;
  Choose();
}

Context::Context(Executor& executor) : Context() { executor_ = &executor; }

Context::~Context() { ReleaseScratch(); }

void Context::ReleaseScratch() {
  for (ScratchMemory& scratch : scratch_) {
    FreeBytes(scratch.data);
    scratch = ScratchMemory();
  }
}

void Context::Choose() {
  const uint64_t usable = UsableTiers();
  uint64_t allowed = usable & ~capped_ & ~disabled_;
  on_request_ = allowed & TiersWithTiles();
  // Tiles are asked for when they are about to be used: now only if the target depends on the answer.
  if (on_request_ != 0) {
    const uint64_t certain = allowed & ~on_request_;
    const bool matters = certain == 0 || TargetOf(BestOf(certain)) != TargetOf(BestOf(allowed));
    if (matters && !AreTilesGranted()) allowed = certain;
    if (matters) on_request_ = 0;
  }
  if (allowed == 0) {  // never remove the last
    for (size_t i = 0; i < Tiers().size; ++i) {
      if ((usable & ~TiersWithTiles() & TierBit(i)) != 0) allowed = TierBit(i);
    }
  }
  certain_ = allowed & ~on_request_;
  // Lower bits are better targets: remove those below the chosen one.
  const int64_t target = TargetOf(BestOf(allowed));
  // Once: Highway would ask CPUID each time, which takes tens of microseconds on a virtual machine.
  static const int64_t supported = hwy::SupportedTargets();
  targets_ = supported & ~(target - 1);
  if (target == HWY_SCALAR || target == HWY_EMU128) targets_ = target;
}

bool Context::AreTilesGranted() { return RefuseTiles() == nullptr; }

Status Context::SetMaxTier(const char* name) {
  if (name == nullptr) return Status(StatusCode::kNull, "name", 0, "the name of a tier", 0);
  ListedTiers tiers;
  const Status status = ParseTiers("SetMaxTier", name, tiers);
  if (tiers.empty) return Status::UnknownTier("SetMaxTier", "", 0);
  capped_ |= tiers.better;
  Choose();
  return status;
}

Status Context::Disable(const char* names) {
  if (names == nullptr) return Status(StatusCode::kNull, "names", 0, "names of tiers", 0);
  ListedTiers tiers;
  const Status status = ParseTiers("Disable", names, tiers);
  disabled_ |= tiers.named;
  Choose();
  return status;
}

const char* Context::tier() const {
  size_t i = 0;
  while (!Allows(i)) ++i;
  return Tiers().tiers[i].name;
}

void Context::Run(size_t num_tasks, TaskRef task) const {
  if (executor_ != nullptr && num_tasks > 1) return executor_->Run(num_tasks, task);
  for (size_t i = 0; i < num_tasks; ++i) task(i, 0);
}

uint8_t* Context::Grow(ScratchOwner owner, size_t bytes) {
  ScratchMemory& scratch = scratch_[static_cast<size_t>(owner)];
  FreeBytes(scratch.data);
  scratch.data = AllocateBytes(bytes);
  scratch.bytes = scratch.data == nullptr ? 0 : bytes;
  return scratch.data;
}

}  // namespace isoquant
