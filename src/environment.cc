// Support: names of tiers as users write them.
#include "src/environment.h"

#include <cstdlib>
#include <cstring>

#include "isoquant/context.h"
#include "src/tiers.h"

namespace isoquant {

Status ParseMaxTier(const char* argument, const char* name, uint64_t& removed) {
  const size_t index = TierIndex(name);
  if (index == SIZE_MAX) return Status::UnknownTier(argument, name, std::strlen(name));
  removed = TierBit(index) - 1;
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
    if (length != 0) bits |= TierBit(index);
    names += length + (names[length] == ',' ? 1 : 0);
  }
  removed = bits;
  return Status();
}

Environment::Environment() {
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

const Environment& Environment::Get() {
  static const Environment environment;
  return environment;
}

}  // namespace isoquant
