// Tests of Highway's thread pool as an executor.
#include "isoquant/thread_pool.h"

#include "doctest/doctest.h"
#include "test/executors.h"

namespace isoquant {
namespace {

TEST_CASE("ThreadPoolExecutor: keeps the contract, and does not change a bit") {
  for (const size_t workers : {size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{8}}) {
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
