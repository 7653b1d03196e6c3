// Test support: the definitions that operations on rows of floats share, in scalar code.
#ifndef ISOQUANT_TEST_FLOAT_ROWS_H_
#define ISOQUANT_TEST_FLOAT_ROWS_H_

#include <cstddef>
#include <cstring>

namespace isoquant {

constexpr size_t kSpecialRows = 15;

// The sum over i < n: add(i, lane) is the lane with element i added.
template <class Function>
float SumReference(size_t n, const Function& add) {
  float lanes[64] = {};
  for (size_t i = 0; i < n; ++i) lanes[i % 64] = add(i, lanes[i % 64]);
  for (size_t half = 32; half != 0; half /= 2) {
    for (size_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0] + 0.0f;
}

// The first element whose bytes differ; n if none does.
template <class T>
size_t FirstDifference(const T* a, const T* b, size_t n) {
  size_t i = 0;
  while (i < n && std::memcmp(a + i, b + i, sizeof(T)) == 0) ++i;
  return i;
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_FLOAT_ROWS_H_
