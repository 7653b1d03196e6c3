// A program outside the tree that lends the threads of Highway's pool: a product large enough to be shared out.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "isoquant/isoquant.h"
#include "isoquant/thread_pool.h"

int main() {
  constexpr size_t kSize = 256;
  const std::vector<int8_t> a(kSize * kSize, -128), b(kSize * kSize, 127);
  std::vector<int32_t> c(kSize * kSize);
  hwy::ThreadPool pool(hwy::ThreadPool::MaxThreads() == 0 ? 0 : 1);
  isoquant::ThreadPoolExecutor executor(pool);
  isoquant::Context context(executor);
  const isoquant::Status status =
      isoquant::MatMul(context, isoquant::MatrixView<const int8_t>(a.data(), kSize, kSize),
                       isoquant::KxN{{b.data(), kSize, kSize}}, isoquant::MatrixView<int32_t>(c.data(), kSize, kSize));
  std::printf("%s, %zu workers: %s\n", context.tier(), executor.NumWorkers(), status.ToString().c_str());
  return status.ok() && c == std::vector<int32_t>(kSize * kSize, -128 * 127 * 256) ? 0 : 1;
}
