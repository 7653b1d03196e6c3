// Test support: doctest's main().
#define DOCTEST_CONFIG_IMPLEMENT
#include <cfenv>

#include "doctest/doctest.h"

int main(int argc, char** argv) {
  // A program that was linked with -ffast-math begins with denormals switched off. What tests compute themselves needs
  // them.
  std::fesetenv(FE_DFL_ENV);
  return doctest::Context(argc, argv).run();
}
