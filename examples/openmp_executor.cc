// Lends OpenMP's threads to Isoquant. This is all that an executor over a program's own threads needs.
#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "isoquant/isoquant.h"

namespace {

// OpenMP gives each task to a thread that is free. The thread's number within its team is the number of the worker.
class OpenMpExecutor final : public isoquant::Executor {
 public:
  explicit OpenMpExecutor(int threads) : threads_(threads) {}

  // The library reserves scratch memory for this many workers. A team may be smaller than asked for, never larger.
  size_t NumWorkers() const override { return static_cast<size_t>(threads_); }

  void Run(size_t num_tasks, isoquant::TaskRef task) override {
    const int64_t end = static_cast<int64_t>(num_tasks);
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1)
    for (int64_t i = 0; i < end; ++i) {
      task(static_cast<size_t>(i), static_cast<size_t>(omp_get_thread_num()));
    }
  }

 private:
  const int threads_;
};

constexpr size_t kM = 200, kK = 1000, kN = 300;

std::vector<int8_t> SomeBytes(size_t size, uint32_t seed) {
  std::vector<int8_t> bytes(size);
  for (int8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;  // Numerical Recipes
    byte = static_cast<int8_t>(seed >> 24);
  }
  return bytes;
}

isoquant::Status Multiply(isoquant::Context& context, std::vector<int32_t>& c) {
  const std::vector<int8_t> a = SomeBytes(kM * kK, 1), b = SomeBytes(kK * kN, 2);
  c.assign(kM * kN, 0);
  isoquant::PackedWeights packed;
  const isoquant::Status status = isoquant::PackedWeights::Pack(context, isoquant::KxN{{b.data(), kK, kN}}, packed);
  if (!status.ok()) return status;
  return isoquant::MatMul(context, isoquant::MatrixView<const int8_t>(a.data(), kM, kK), packed,
                          isoquant::MatrixView<int32_t>(c.data(), kM, kN));
}

}  // namespace

int main() {
  std::vector<int32_t> expected, c;
  isoquant::Context alone;
  isoquant::Status status = Multiply(alone, expected);
  for (const int threads : {1, 2, std::max(3, omp_get_max_threads())}) {
    OpenMpExecutor executor(threads);
    isoquant::Context context(executor);
    if (status.ok()) status = Multiply(context, c);
    if (!status.ok() || c != expected) {
      std::printf("%d threads: %s\n", threads, status.ok() ? "other bits" : status.ToString().c_str());
      return 1;
    }
    std::printf("%d threads: the same %zu sums as one\n", threads, c.size());
  }
  return 0;
}
