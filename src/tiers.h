// Support: the list of all tiers that were compiled, made from the policy lists of all targets.
#ifndef ISOQUANT_SRC_TIERS_H_
#define ISOQUANT_SRC_TIERS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/cpu.h"

namespace isoquant {

struct Tier {
  const char* name;
  int64_t target;                      // Highway's bit
  const char* (*refusal)(const Cpu&);  // null, or what the CPU lacks
  bool needs_tiles;                    // RefuseTiles() may refuse it too
  const char* shapes;                  // which products it is the best for; or null: all
};

struct TierList {
  static constexpr size_t kMax = 64;  // bits in a Context's masks
  Tier tiers[kMax];
  size_t size = 0;
};

// Best first. Built on the first call; thread-safe.
const TierList& Tiers();

// Null, or why this machine cannot run the tier. Does not ask for tiles.
const char* WhyUnusable(const Tier& tier);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIERS_H_
