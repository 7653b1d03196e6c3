// Test support: doctest's main(). With the argument --best-tiers, tests that visit all tiers visit the best two: for
// emulated CPUs, where the others take minutes, and other models have them as their best. (An argument, because not
// every emulator hands on the environment.)
#define DOCTEST_CONFIG_IMPLEMENT
#include <cfenv>
#include <cstring>

#include "doctest/doctest.h"
#include "test/support.h"

int main(int argc, char** argv) {
  // A program that was linked with -ffast-math begins with denormals switched off. What tests compute themselves needs
  // them.
  std::fesetenv(FE_DFL_ENV);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--best-tiers") == 0) isoquant::most_tiers = 2;
  }
  return doctest::Context(argc, argv).run();
}
