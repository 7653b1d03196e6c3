// Support: how lists of tiers become one.
#include "src/tier_list.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "src/tier_names.h"

namespace isoquant {
namespace {

bool IsSame(const Tier& x, const Tier& y) { return x.target == y.target && std::strcmp(x.name, y.name) == 0; }

// A tier's place in the table of all names: the lesser, the better. Names that no build knows come last.
const TierName* Rank(const Tier& tier) {
  const auto has_name = [&](const TierName& known) { return std::strcmp(known.name, tier.name) == 0; };
  return std::find_if(std::begin(kTierNames), std::end(kTierNames), has_name);
}

}  // namespace

void MergeTiers(const Tier* tiers, size_t size, TierList& list) {
  Tier* at = list.tiers;  // the earliest place for the next tier
  while (at != list.tiers + list.size && size != 0 && at->target != tiers->target) ++at;
  for (const Tier* tier = tiers; tier != tiers + size; ++tier) {
    Tier* const end = list.tiers + list.size;
    Tier* const same = std::find_if(list.tiers, end, [&](const Tier& other) { return IsSame(other, *tier); });
    if (same != end) {
      same->problems |= tier->problems;
      list.is_in_order = list.is_in_order && same >= at;
      at = std::max(at, same + 1);
      continue;
    }
    if (list.size == TierList::kMax) {
      list.is_in_order = false;
      return;
    }
    const auto comes_later = [&](const Tier& other) {
      return std::any_of(tier, tiers + size, [&](const Tier& left) { return IsSame(left, other); });
    };
    while (at != end && Rank(*at) <= Rank(*tier) && !comes_later(*at)) ++at;
    std::move_backward(at, end, end + 1);
    *at++ = *tier;
    ++list.size;
  }
}

}  // namespace isoquant
