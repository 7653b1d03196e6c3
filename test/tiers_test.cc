// Tests of every tier that the CPU has: all of its paths through MatMul, golden digests among them. They are small
// enough for a CPU that is emulated as a whole (test/x86_models.txt).
#include "src/tiers.h"

#include <cstring>
#include <string>

#include "src/tier_names.h"
#include "test/support.h"
#include "test/tier_paths.h"

namespace isoquant {
namespace {

TEST_CASE("Tiers: every path") {
  ForEachTier([](Context& context) {
    for (const Path& path : TierPaths()) {
      CAPTURE(path.name);
      const bool right = path.is_right(context);
      CHECK(right);
      PrintCoverage(context.tier(), path.name, "native", right);
    }
  });
}

// A new tier gets its line in src/tier_names.h. Without it other builds do not know the name.
TEST_CASE(
    "Tiers: every one that was compiled is in the table of all names, in its order, and is of this architecture") {
  const TierName* next = kTierNames;
  const TierName* const end = kTierNames + sizeof(kTierNames) / sizeof(kTierNames[0]);
  for (const TierReport& report : ExplainTiers(Context())) {
    CAPTURE(report.name);
    while (next != end && report.name != next->name) ++next;
    REQUIRE(next != end);
    CHECK(IsOfThisArchitecture(*next));
    ++next;
  }
}

// A policy may be in the lists of several problems. No list may have two policies the other way round than another
// list.
TEST_CASE("Tiers: the lists of all problems agree") {
  CHECK(Tiers().is_in_order);
  for (const TierReport& report : ExplainTiers(Context())) CHECK(!report.products.empty());
}

}  // namespace
}  // namespace isoquant
