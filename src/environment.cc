// Support: names of tiers as users write them.
#include "src/environment.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "src/tier_names.h"
#include "src/tiers.h"

namespace isoquant {
namespace {

bool IsSeparator(char c) { return c == ',' || c == ';' || c == ' ' || (c >= '\t' && c <= '\r'); }

// Handles ASCII alone, because what the C library calls lower case depends on the locale.
char Canonical(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c; }

struct Word {
  const char* begin;
  size_t size;
};

bool IsSame(const Word& word, const char* name) {
  if (std::strlen(name) != word.size) return false;
  for (size_t i = 0; i < word.size; ++i) {
    if (Canonical(word.begin[i]) != Canonical(name[i])) return false;
  }
  return true;
}

// Returns the next name and moves `list` behind it. At the end its size is 0.
Word NextWord(const char*& list) {
  while (IsSeparator(*list)) ++list;
  const char* begin = list;
  while (*list != '\0' && !IsSeparator(*list)) ++list;
  return {begin, static_cast<size_t>(list - begin)};
}

// The tiers of this build that stand before `end` in the table of all names.
uint64_t TiersBefore(const TierName* end) {
  uint64_t bits = 0;
  for (const TierName* known = kTierNames; known != end; ++known) {
    for (size_t i = 0; i < Tiers().size; ++i) {
      if (std::strcmp(Tiers().tiers[i].name, known->name) == 0) bits |= TierBit(i);
    }
  }
  return bits;
}

// Returns false if no build knows the name.
bool AddTier(const Word& word, ListedTiers& tiers) {
  bool is_compiled = false;
  for (size_t i = 0; i < Tiers().size; ++i) {  // no break: a build may have a tier under several targets
    if (!IsSame(word, Tiers().tiers[i].name)) continue;
    tiers.named |= TierBit(i);
    if (!is_compiled) tiers.better |= TierBit(i) - 1;
    is_compiled = true;
  }
  if (is_compiled) return true;
  for (const TierName& known : kTierNames) {
    if (!IsSame(word, known.name)) continue;
    if (IsOfThisArchitecture(known)) tiers.better |= TiersBefore(&known);
    return true;
  }
  return false;
}

}  // namespace

Status ParseTiers(const char* argument, const char* list, ListedTiers& tiers) {
  Status status;
  for (Word word = NextWord(list); word.size != 0; word = NextWord(list)) {
    tiers.empty = false;
    if (!AddTier(word, tiers) && status.ok()) status = Status::UnknownTier(argument, word.begin, word.size);
  }
  return status;
}

Environment::Environment() {
  ListedTiers tiers;
  std::string report;
  const auto parse = [&](const char* variable, std::string& text) {
    tiers = ListedTiers();
    const char* value = std::getenv(variable);
    if (value == nullptr) return;
    text = value;
    const Status parsed = ParseTiers(variable, value, tiers);
    if (parsed.ok()) return;
    report += (report.empty() ? "isoquant: " : "; ") + parsed.ToString();
    if (status.ok()) status = parsed;
  };
  parse("ISOQUANT_MAX_TIER", max_tier);
  capped = tiers.better;
  parse("ISOQUANT_DISABLE", disable);
  disabled = tiers.named;
  if (!report.empty()) std::fputs((report + "\n").c_str(), stderr);
}

const Environment& Environment::Get() {
  static const Environment environment;
  return environment;
}

}  // namespace isoquant
