// Test support: doctest's main(). With the argument --best-tiers=N, tests that visit all tiers visit the best N: for
// emulated CPUs, where the others take minutes, and other models have them as their best. (An argument, because not
// every emulator hands on the environment.)
#define DOCTEST_CONFIG_IMPLEMENT
#include <cfenv>
#include <cstdlib>
#include <cstring>

#include "doctest/doctest.h"
#include "test/support.h"

int main(int argc, char** argv) {
  // A program that was linked with -ffast-math begins with denormals switched off. What tests compute themselves needs
  // them.
  std::fesetenv(FE_DFL_ENV);
  for (int i = 1; i < argc; ++i) {
    constexpr char kBestTiers[] = "--best-tiers=";
    constexpr size_t kLength = sizeof(kBestTiers) - 1;
    if (std::strncmp(argv[i], kBestTiers, kLength) == 0) {
      isoquant::most_tiers = std::strtoul(argv[i] + kLength, nullptr, 10);  // 0 is that of no number: no test passes
    }
  }
  return doctest::Context(argc, argv).run();
}
