// Bench support: loops that a user would write, compiled as most programs are (namespace plain), and with -march=native
// -ffast-math (namespace fast).
#ifndef ISOQUANT_BENCH_PLAIN_LOOPS_H_
#define ISOQUANT_BENCH_PLAIN_LOOPS_H_

#include <cstddef>

namespace isoquant {

#define ISOQUANT_PLAIN_LOOPS                                                                                     \
  void RmsNormLoop(const float* x, const float* weight, size_t n, float epsilon, float* y);                      \
  void LayerNormLoop(const float* x, const float* weight, const float* bias, size_t n, float epsilon, float* y); \
  void SoftmaxLoop(const float* x, size_t n, float* y);

namespace plain {
ISOQUANT_PLAIN_LOOPS
}
namespace fast {
ISOQUANT_PLAIN_LOOPS
}

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_PLAIN_LOOPS_H_
