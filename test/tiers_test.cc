// Tests of every tier that the CPU has: all of its paths through MatMul, golden digests among them. They are small
// enough for a CPU that is emulated as a whole (test/x86_models.txt).
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

}  // namespace
}  // namespace isoquant
