// Tests of Highway's thread pool as an executor.
#include "isoquant/thread_pool.h"

#include "doctest/doctest.h"
#include "test/executors.h"
#include "test/support.h"

namespace isoquant {
namespace {

TEST_CASE("ThreadPoolExecutor: keeps the contract, and does not change a bit") {
  for (const size_t workers : WorkerCounts({1, 2, 3, 5, 8})) {
    CAPTURE(workers);
    hwy::ThreadPool pool(workers - 1);
    ThreadPoolExecutor executor(pool);
    CHECK(executor.NumWorkers() == workers);
    CheckRunsAllTasks(executor);
    CheckSameBits(executor);
  }
}

}  // namespace
}  // namespace isoquant
