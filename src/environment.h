// Support: names of tiers as users write them, in calls and in the environment.
#ifndef ISOQUANT_SRC_ENVIRONMENT_H_
#define ISOQUANT_SRC_ENVIRONMENT_H_

#include <cstdint>
#include <string>

#include "isoquant/status.h"

namespace isoquant {

// Each sets `removed` to a set of tiers (see tiers.h). An error names `argument` and leaves `removed` alone.
Status ParseMaxTier(const char* argument, const char* name, uint64_t& removed);  // those better than `name`
Status ParseNames(const char* argument, const char* names, uint64_t& removed);   // separated by commas

// Parsed once: getenv is not safe beside setenv, and costs more than the rest of a Context.
struct Environment {
  static const Environment& Get();

  std::string max_tier, disable;      // ISOQUANT_MAX_TIER, ISOQUANT_DISABLE
  uint64_t capped = 0, disabled = 0;  // the tiers that each removes
  Status status;

 private:
  Environment();
};

}  // namespace isoquant

#endif  // ISOQUANT_SRC_ENVIRONMENT_H_
