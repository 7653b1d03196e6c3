// Golden digests: the bits that every tier, thread count and machine must give. A change here is a defect of the
// library until it is shown why the old bits were wrong. ISOQUANT_PRINT_GOLDEN=1 build/test/isoquant_test prints these
// lines.
#ifndef ISOQUANT_TEST_GOLDEN_H_
#define ISOQUANT_TEST_GOLDEN_H_

#include <cstdint>

namespace isoquant {

struct Golden {
  const char* name;
  uint64_t digest;
};

constexpr Golden kGolden[] = {
    {"none", 0},
};

}  // namespace isoquant

#endif  // ISOQUANT_TEST_GOLDEN_H_
