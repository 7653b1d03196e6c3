// Random numbers that are the same on every platform. Those of <random>'s distributions are not.
#ifndef QUANTIZED_MLP_SUPPORT_RANDOM_H_
#define QUANTIZED_MLP_SUPPORT_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace quantized_mlp {

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // In [0, 1), 24 random bits: all that a float can hold.
  float Uniform() { return static_cast<float>(Next() >> 40) * 0x1p-24f; }

  // In [0, bound). The bias of the modulus is below 2^-40 for the few thousand items here.
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }

  // A random order of 0 .. size - 1 (Fisher and Yates).
  std::vector<size_t> Permutation(size_t size) {
    std::vector<size_t> order(size);
    for (size_t i = 0; i < size; ++i) order[i] = i;
    for (size_t i = size; i > 1; --i) std::swap(order[i - 1], order[Below(i)]);
    return order;
  }

 private:
  uint64_t state_;
};

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_RANDOM_H_
