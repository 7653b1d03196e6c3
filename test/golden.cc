// Test support: golden digests.
#include "test/golden.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "test/support.h"

namespace isoquant {

void CheckGolden(const std::string& name, uint64_t digest) {
  if (std::getenv("ISOQUANT_PRINT_GOLDEN") != nullptr) {
    std::printf("    {\"%s\", 0x%016" PRIx64 "},\n", name.c_str(), digest);
  }
  for (const Golden& golden : kGolden) {
    if (name == golden.name) {
      CHECK_MESSAGE(golden.digest == digest, "golden digest of ", name);
      return;
    }
  }
  FAIL_CHECK("no golden digest of ", name);
}

}  // namespace isoquant
