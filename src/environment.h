// Support: names of tiers as users write them, in calls and in the environment.
#ifndef ISOQUANT_SRC_ENVIRONMENT_H_
#define ISOQUANT_SRC_ENVIRONMENT_H_

#include <cstdint>
#include <string>

#include "isoquant/status.h"

namespace isoquant {

// What a list of names means for the tiers of this build. Sets are as in tiers.h.
struct ListedTiers {
  uint64_t named = 0;   // the tiers that it names
  uint64_t better = 0;  // tiers better than one that it names of this architecture, even if that one was not compiled
  bool empty = true;    // it names nothing
};

// Adds the names of a list to `tiers`. White space, ',' and ';' separate names; case does not matter, and '-' is '_'. A
// name that no build knows is skipped: the error has `argument` and the first such name.
Status ParseTiers(const char* argument, const char* list, ListedTiers& tiers);

// ISOQUANT_MAX_TIER and ISOQUANT_DISABLE. They are parsed once, because getenv is not safe beside setenv, and costs
// more than the rest of a Context.
struct Environment {
  static const Environment& Get();  // the first call says on stderr which names no build knows

  std::string max_tier, disable;      // as they were set
  uint64_t capped = 0, disabled = 0;  // the tiers that each removes
  Status status;

 private:
  Environment();
};

}  // namespace isoquant

#endif  // ISOQUANT_SRC_ENVIRONMENT_H_
