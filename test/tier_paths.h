// Test support: the paths of a tier through MatMul: tails, strides, chunks of K, output stages, workers. They fail no
// CHECK, but say whether all outputs were right, so that they serve in child processes too.
#ifndef ISOQUANT_TEST_TIER_PATHS_H_
#define ISOQUANT_TEST_TIER_PATHS_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "isoquant/context.h"
#include "test/matmul_case.h"

namespace isoquant {

// The last one that may run.
std::string PlainestTier();

// One product, overwriting and accumulating; A is int8_t or uint8_t.
template <class A>
bool IsRight(Context& context, Shape shape, size_t a_pad = 0, size_t c_pad = 0);

// Products of both types.
bool AreRight(Context& context, std::initializer_list<Shape> shapes, size_t a_pad = 0, size_t c_pad = 0);

// Products whose digests are in golden.h.
bool GoldenDigests(Context& context);

struct Path {
  const char* name;
  bool (*is_right)(Context&);
};

// All paths. The Context allows one tier alone.
const std::vector<Path>& TierPaths();

// With this tier alone; false if it is not the one that runs.
bool RunPath(const Path& path, const std::string& tier);

// With ISOQUANT_PRINT_COVERAGE in the environment, prints a line: tier, target, path, who executed it, right or wrong.
void PrintCoverage(const char* tier, const char* path, const char* how, bool right);

}  // namespace isoquant

#endif  // ISOQUANT_TEST_TIER_PATHS_H_
