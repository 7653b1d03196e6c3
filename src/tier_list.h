// Support: tiers in the order of preference, and how lists of them become one.
#ifndef ISOQUANT_SRC_TIER_LIST_H_
#define ISOQUANT_SRC_TIER_LIST_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/cpu.h"

namespace isoquant {

struct Tier {
  const char* name;
  int64_t target;                      // Highway's bit
  const char* (*refusal)(const Cpu&);  // null, or what the CPU lacks
  bool needs_tiles;                    // RefuseTiles() may refuse it too
  const char* shapes;                  // for which shapes it is the best; or null: all
  uint32_t problems;                   // which it solves: a set as in problems.h
  bool needs_fast_mode = false;        // FloatMode::kFast
};

struct TierList {
  static constexpr size_t kMax = 64;  // bits in a Context's masks
  Tier tiers[kMax];
  size_t size = 0;
  bool is_in_order = true;  // each list that was merged is here, whole and in its order
};

// Merges the tiers of one target, best first, into `list`; tiers of this target stand at its end. Two tiers of the same
// name and target become one, which solves the problems of both. The orders of both lists are kept. If no list has both
// of two tiers, that one is better which kTierNames (tier_names.h) has first.
//
// Clears list.is_in_order if the orders contradict each other (then that of `list` stays), or if there is no room.
void MergeTiers(const Tier* tiers, size_t size, TierList& list);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIER_LIST_H_
