// Support: names of tiers as users write them, in calls and in the environment.
#ifndef ISOQUANT_SRC_ENVIRONMENT_H_
#define ISOQUANT_SRC_ENVIRONMENT_H_

#include <cstdint>
#include <string>

#include "isoquant/status.h"

namespace isoquant {

// What a list of names means for the tiers of this build (sets as in tiers.h).
struct ListedTiers {
  uint64_t named = 0;   // these very tiers
  uint64_t better = 0;  // all that are better than one of them, or than a tier of this architecture that was left out
  bool empty = true;    // the list names nothing
};

// White space, ',' and ';' separate names; letters count without case, and '-' as '_'. Of a list with a name that no
// build knows the others count all the same: the error names `argument` and the first such name.
Status ParseTiers(const char* argument, const char* list, ListedTiers& tiers);

// Parsed once: getenv is not safe beside setenv, and costs more than the rest of a Context.
struct Environment {
  static const Environment& Get();  // says on stderr, once per process, which names no build knows

  std::string max_tier, disable;      // ISOQUANT_MAX_TIER, ISOQUANT_DISABLE
  uint64_t capped = 0, disabled = 0;  // the tiers that each removes
  Status status;

 private:
  Environment();
};

}  // namespace isoquant

#endif  // ISOQUANT_SRC_ENVIRONMENT_H_
