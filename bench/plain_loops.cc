// Bench support: loops that a user would write. CMake says how they are compiled.
#include "bench/plain_loops.h"

#include <cmath>

#ifndef ISOQUANT_PLAIN_NAMESPACE
#define ISOQUANT_PLAIN_NAMESPACE plain
#endif

namespace isoquant {
namespace ISOQUANT_PLAIN_NAMESPACE {

void RmsNormLoop(const float* x, const float* weight, size_t n, float epsilon, float* y) {
  float sum = 0.0f;
  for (size_t i = 0; i < n; ++i) sum += x[i] * x[i];
  const float scale = 1.0f / std::sqrt(sum / static_cast<float>(n) + epsilon);
  for (size_t i = 0; i < n; ++i) y[i] = x[i] * scale * weight[i];
}

void LayerNormLoop(const float* x, const float* weight, const float* bias, size_t n, float epsilon, float* y) {
  float sum = 0.0f, squares = 0.0f;
  for (size_t i = 0; i < n; ++i) sum += x[i];
  const float mean = sum / static_cast<float>(n);
  for (size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = 1.0f / std::sqrt(squares / static_cast<float>(n) + epsilon);
  for (size_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

void SoftmaxLoop(const float* x, size_t n, float* y) {
  float max = x[0], sum = 0.0f;
  for (size_t i = 1; i < n; ++i) max = x[i] > max ? x[i] : max;
  for (size_t i = 0; i < n; ++i) {
    y[i] = std::exp(x[i] - max);
    sum += y[i];
  }
  for (size_t i = 0; i < n; ++i) y[i] /= sum;
}

}  // namespace ISOQUANT_PLAIN_NAMESPACE
}  // namespace isoquant
