// Tests of Highway's thread pool as an executor.
#include "isoquant/thread_pool.h"

#include "doctest/doctest.h"
#include "test/executors.h"
#include "test/float_state.h"
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

#if ISOQUANT_TEST_HAS_FLOAT_STATE
// The pool computes with floats while it tunes itself, in its first some hundred runs.
TEST_CASE("ThreadPoolExecutor: traps, raises and clears nothing of the caller's") {
  for (size_t state = 0; state < kFloatStates; ++state) {
    CAPTURE(state);
    hwy::ThreadPool pool(2);
    ThreadPoolExecutor executor(pool);
    const auto task = [](size_t, size_t) {};
    const bool kept = KeepsFloatState(MakeFloatState(state), [&] {
      for (int i = 0; i < 2000; ++i) executor.Run(10, TaskRef(task));
    });
    CHECK(kept);
  }
}
#endif

}  // namespace
}  // namespace isoquant
