// Support: which tier runs, and why no better one; threads; scratch memory.
#include "isoquant/context.h"

#include <cstdlib>
#include <cstring>

#include "hwy/targets.h"
#include "src/detection.h"
#include "src/memory.h"
#include "src/tiers.h"

namespace isoquant {
namespace {

uint64_t Bit(size_t i) { return uint64_t{1} << i; }

uint64_t FindUsableTiers() {
  uint64_t bits = 0;
  for (size_t i = 0; i < Tiers().size; ++i) bits |= WhyUnusable(Tiers().tiers[i]) == nullptr ? Bit(i) : 0;
  return bits;
}

// Tiles have not been asked for yet.
uint64_t UsableTiers() {
  if (OverriddenDetection() != nullptr) return FindUsableTiers();
  static const uint64_t usable = FindUsableTiers();
  return usable;
}

uint64_t TiersWithTiles() {
  static const uint64_t with_tiles = [] {
    uint64_t bits = 0;
    for (size_t i = 0; i < Tiers().size; ++i) bits |= Tiers().tiers[i].needs_tiles ? Bit(i) : 0;
    return bits;
  }();
  return with_tiles;
}

int64_t TargetOf(size_t tier) { return Tiers().tiers[tier].target; }

size_t FirstOf(uint64_t tiers) {
  size_t i = 0;
  while ((tiers & Bit(i)) == 0) ++i;
  return i;
}

// What is better than `name`.
Status ParseMaxTier(const char* argument, const char* name, uint64_t& removed) {
  const size_t index = TierIndex(name);
  if (index == SIZE_MAX) return Status::UnknownTier(argument, name, std::strlen(name));
  removed = Bit(index) - 1;
  return Status();
}

Status ParseNames(const char* argument, const char* names, uint64_t& removed) {
  uint64_t bits = 0;
  while (*names != '\0') {
    const size_t length = std::strcspn(names, ",");
    char name[32] = {};
    if (length < sizeof(name)) std::memcpy(name, names, length);
    const size_t index = TierIndex(name);
    if (index == SIZE_MAX && length != 0) return Status::UnknownTier(argument, names, length);
    if (length != 0) bits |= Bit(index);
    names += length + (names[length] == ',' ? 1 : 0);
  }
  removed = bits;
  return Status();
}

// The environment, parsed once: getenv is not safe beside setenv, and costs more than the rest of a Context.
struct Environment {
  Environment() {
    const char* value = std::getenv("ISOQUANT_MAX_TIER");
    if (value != nullptr && *value != '\0') {
      max_tier = value;
      status = ParseMaxTier("ISOQUANT_MAX_TIER", value, capped);
    }
    value = std::getenv("ISOQUANT_DISABLE");
    if (value != nullptr) {
      disable = value;
      const Status parsed = ParseNames("ISOQUANT_DISABLE", value, disabled);
      if (status.ok()) status = parsed;
    }
  }
  static const Environment& Get() {
    static const Environment environment;
    return environment;
  }

  std::string max_tier, disable;
  uint64_t capped = 0, disabled = 0;
  Status status;
};

}  // namespace

Context::Context() {
  const Environment& environment = Environment::Get();
  capped_ = environment.capped;
  disabled_ = environment.disabled;
  environment_status_ = environment.status;
  Choose();
}

Context::Context(Executor& executor) : Context() { executor_ = &executor; }

Context::~Context() {
  for (uint8_t* scratch : scratch_) FreeBytes(scratch);
}

void Context::Choose() {
  const uint64_t usable = UsableTiers();
  allowed_ = usable & ~capped_ & ~disabled_;
  on_request_ = allowed_ & TiersWithTiles();
  // Tiles are asked for when they are about to be used: now only if the target depends on the answer.
  if (on_request_ != 0) {
    const uint64_t certain = allowed_ & ~on_request_;
    const bool matters = certain == 0 || TargetOf(FirstOf(certain)) != TargetOf(FirstOf(allowed_));
    if (matters && !AreTilesGranted()) allowed_ = certain;
    if (matters) on_request_ = 0;
  }
  if (allowed_ == 0) {  // never remove the last
    for (size_t i = 0; i < Tiers().size; ++i) {
      if ((usable & ~TiersWithTiles() & Bit(i)) != 0) allowed_ = Bit(i);
    }
  }
  // Lower bits are better targets: remove those below the chosen one.
  const int64_t target = TargetOf(FirstOf(allowed_));
  targets_ = hwy::SupportedTargets() & ~(target - 1);
  if (target == HWY_SCALAR || target == HWY_EMU128) targets_ = target;
}

bool Context::AreTilesGranted() { return RefuseTiles() == nullptr; }

Status Context::SetMaxTier(const char* name) {
  uint64_t removed = 0;
  const Status status = ParseMaxTier("SetMaxTier", name, removed);
  if (!status.ok()) return status;
  capped_ |= removed;
  Choose();
  return Status();
}

Status Context::Disable(const char* comma_separated_names) {
  uint64_t removed = 0;
  const Status status = ParseNames("Disable", comma_separated_names, removed);
  if (!status.ok()) return status;
  disabled_ |= removed;
  Choose();
  return Status();
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

uint8_t* Context::Scratch(ScratchOwner owner, size_t bytes) {
  uint8_t*& scratch = scratch_[static_cast<size_t>(owner)];
  size_t& size = scratch_bytes_[static_cast<size_t>(owner)];
  if (size < bytes || scratch == nullptr) {
    FreeBytes(scratch);
    scratch = AllocateBytes(bytes);
    size = scratch == nullptr ? 0 : bytes;
  }
  return scratch;
}

namespace {

// Products that do not suit a tier go to another one of its target, if that is allowed.
bool HasSubstitute(const Context& context, size_t tier) {
  for (size_t i = tier + 1; i < Tiers().size && TargetOf(i) == TargetOf(tier); ++i) {
    if (context.Allows(i)) return true;
  }
  return false;
}

}  // namespace

std::vector<TierReport> ExplainTiers(const Context& context) {
  const Environment& environment = Environment::Get();
  std::vector<TierReport> reports;
  for (size_t i = 0; i < Tiers().size; ++i) {
    const Tier& tier = Tiers().tiers[i];
    TierReport report{tier.name, hwy::TargetName(tier.target), context.Allows(i), "", ""};
    if (report.usable) {
      if (tier.shapes != nullptr && HasSubstitute(context, i)) report.shapes = tier.shapes;
    } else {
      const char* unusable = WhyUnusable(tier);
      if (unusable != nullptr) {
        report.reason = unusable;
      } else if ((environment.capped & Bit(i)) != 0) {
        report.reason = "capped by the environment: ISOQUANT_MAX_TIER=" + environment.max_tier;
      } else if ((environment.disabled & Bit(i)) != 0) {
        report.reason = "removed by the environment: ISOQUANT_DISABLE=" + environment.disable;
      } else if ((context.capped_ & Bit(i)) != 0) {
        report.reason = "capped by Context::SetMaxTier";
      } else if ((context.disabled_ & Bit(i)) != 0) {
        report.reason = "removed by Context::Disable";
      } else {
        report.reason = RefuseTiles();
      }
    }
    reports.push_back(report);
  }
  return reports;
}

std::string Explain(const Context& context) {
  std::string text = std::string(context.tier()) + " runs";
  const std::vector<TierReport> reports = ExplainTiers(context);
  const size_t chosen = TierIndex(context.tier());
  if (!reports[chosen].shapes.empty()) {
    size_t substitute = chosen + 1;
    while (!reports[substitute].usable) ++substitute;
    text += " " + reports[chosen].shapes + ", " + reports[substitute].name + " on smaller shapes";
  }
  for (size_t i = 0; i < reports.size() && !reports[i].usable; ++i) {
    text += "; " + reports[i].name;
    bool several = false;
    for (; i + 1 < reports.size() && reports[i + 1].reason == reports[i].reason; ++i, several = true) {
      text += ", " + reports[i + 1].name;
    }
    text += (several ? " do not: " : " does not: ") + reports[i].reason;
  }
  if (!context.environment_status().ok()) text += "; ignored: " + context.environment_status().ToString();
  return text;
}

}  // namespace isoquant
