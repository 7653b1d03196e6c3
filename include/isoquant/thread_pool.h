// Public layer: Highway's thread pool as an executor. Link to isoquant::thread_pool too; isoquant.h does not include
// this.
#ifndef ISOQUANT_THREAD_POOL_H_
#define ISOQUANT_THREAD_POOL_H_

#include <cfenv>
#include <cstddef>
#include <cstdint>

#include "hwy/contrib/thread_pool/thread_pool.h"
#include "isoquant/executor.h"

namespace isoquant {

// Lends the threads of a hwy::ThreadPool, which stays the caller's and must outlive this object:
//
//   hwy::ThreadPool pool(hwy::ThreadPool::MaxThreads());
//   isoquant::ThreadPoolExecutor executor(pool);
//   isoquant::Context context(executor);
//
// The thread that calls an operation is worker 0, and hwy::ThreadPool(n) adds n more. Two threads must not use one pool
// at once, not even through two Contexts. A task must not call an operation on the pool that it runs on.
//
// A child of fork() has none of its parent's threads. It must not use its parent's pool, nor a Context whose executor
// does: a call would wait for those threads for ever, and so would the pool's destructor. It makes a pool, an executor
// and a Context of its own.
//
// Highway's pool sleeps between calls unless told otherwise: pool.SetWaitMode(hwy::PoolWaitMode::kSpin) starts small
// products sooner, and keeps all cores busy until it is set back. It makes its threads in its constructor, which throws
// std::system_error where one cannot be started; after that nothing here can fail.
class ThreadPoolExecutor final : public Executor {
 public:
  explicit ThreadPoolExecutor(hwy::ThreadPool& pool) : pool_(pool) {}

  size_t NumWorkers() const override { return pool_.NumWorkers(); }
  void Run(size_t num_tasks, TaskRef task) override {
    // The pool measures its runs and computes in floats with what it finds. That must neither trap nor leave flags.
    std::fenv_t caller;
    std::feholdexcept(&caller);
    RunInPool(num_tasks, task);
    std::fesetenv(&caller);
  }

 private:
  // Not inlined: compilers move arithmetic across changes of the float environment.
  HWY_NOINLINE void RunInPool(size_t num_tasks, TaskRef task) {
    pool_.Run(0, num_tasks, [task](uint64_t i, size_t worker) { task(static_cast<size_t>(i), worker); });
  }

  hwy::ThreadPool& pool_;
};

}  // namespace isoquant

#endif  // ISOQUANT_THREAD_POOL_H_
