// Support: which tiers may run.
#include "isoquant/context.h"

#include "hwy/targets.h"
#include "src/environment.h"
#include "src/tiers.h"
#include "src/tile_permission.h"

namespace isoquant {

Context::Context() : Context(nullptr) {}

Context::Context(Executor& executor) : Context(&executor) {}

Context::Context(Executor* executor) : Runtime(executor) {
  const Environment& environment = Environment::Get();
  capped_ = environment.capped;
  disabled_ = environment.disabled;
  environment_status_ = environment.status;
  Choose();
}

void Context::Choose() {
  const uint64_t usable = UsableTiers();
  uint64_t allowed = usable & ~capped_ & ~disabled_;
  if (float_mode_ != FloatMode::kFast) allowed &= ~TiersOfFastMode();
  uint64_t on_request = allowed & TiersWithTiles();
  // Tiles are asked for when they are about to be used. They are asked for here only if the target depends on the
  // answer.
  if (on_request != 0) {
    const uint64_t certain = allowed & ~on_request;
    const bool matters = certain == 0 || TargetOf(BestOf(certain)) != TargetOf(BestOf(allowed));
    if (matters && RefuseTiles() != nullptr) allowed = certain;
    if (matters) on_request = 0;
  }
  if (allowed == 0) {  // the last tier is never removed
    for (size_t i = 0; i < Tiers().size; ++i) {
      if ((usable & ~TiersWithTiles() & ~TiersOfFastMode() & TierBit(i)) != 0) allowed = TierBit(i);
    }
  }
  // Lower bits are better targets: those below the chosen one are removed.
  const int64_t target = TargetOf(BestOf(allowed));
  // Asked once: each time Highway would ask CPUID, which traps on a virtual machine.
  static const int64_t supported = hwy::SupportedTargets();
  const bool without_vectors = target == HWY_SCALAR || target == HWY_EMU128;
  Permit(allowed & ~on_request, on_request, without_vectors ? target : supported & ~(target - 1));
}

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

void Context::SetFloatMode(FloatMode mode) {
  float_mode_ = mode;
  Choose();
}

const char* Context::tier() const {
  size_t i = 0;
  while (!Allows(i)) ++i;
  return Tiers().tiers[i].name;
}

}  // namespace isoquant
