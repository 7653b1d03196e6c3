// Support: the list of all tiers that were compiled, made from the policy lists of all targets.
#ifndef ISOQUANT_SRC_TIERS_H_
#define ISOQUANT_SRC_TIERS_H_

#include <cstddef>
#include <cstdint>

#include "src/tier_list.h"

namespace isoquant {

// Best first. Built on the first call; thread-safe.
const TierList& Tiers();

// Sets of tiers: bit i is tier number i.
inline uint64_t TierBit(size_t i) { return uint64_t{1} << i; }
uint64_t UsableTiers();      // those that this machine can run, if tiles are granted; the call does not ask for tiles
uint64_t TiersWithTiles();   // those that need tiles
uint64_t TiersOfFastMode();  // those that need FloatMode::kFast

// Number of the best tier of a set that is not empty.
inline size_t BestOf(uint64_t tiers) {
  size_t i = 0;
  while ((tiers & TierBit(i)) == 0) ++i;
  return i;
}
inline int64_t TargetOf(size_t tier) { return Tiers().tiers[tier].target; }

// Null, or why this machine cannot run the tier. The call does not ask for tiles.
const char* WhyUnusable(const Tier& tier);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIERS_H_
