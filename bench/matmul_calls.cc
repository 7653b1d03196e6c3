// For bench/mca.sh: calls MatMul so many times, for an emulator to count instructions.
// Usage: matmul_calls TIER M K N CALLS
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "isoquant/isoquant.h"

int main(int argc, char** argv) {
  using namespace isoquant;
  if (argc != 6) return 2;
  const size_t m = std::strtoul(argv[2], nullptr, 10), k = std::strtoul(argv[3], nullptr, 10);
  const size_t n = std::strtoul(argv[4], nullptr, 10), calls = std::strtoul(argv[5], nullptr, 10);
  const std::vector<int8_t> a(m * k, 1), b(k * n, 1);
  std::vector<int32_t> c(m * n);
  Context context;
  PackedWeights weights;
  Status status = context.SetMaxTier(argv[1]);
  if (status.ok()) status = PackedWeights::Pack(context, KxN{{b.data(), k, n}}, weights);
  for (size_t i = 0; i < calls && status.ok(); ++i) {
    status = MatMul(context, {a.data(), m, k}, weights, {c.data(), m, n});
  }
  if (!status.ok() || c.back() != static_cast<int32_t>(k)) {
    std::fprintf(stderr, "%s: %s\n", argv[1], status.ToString().c_str());
    return 1;
  }
  return 0;
}
