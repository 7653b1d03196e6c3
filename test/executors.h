// Test support: what is checked of every executor: that it keeps its contract, and that no operation's bits depend on
// it.
#ifndef ISOQUANT_TEST_EXECUTORS_H_
#define ISOQUANT_TEST_EXECUTORS_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "isoquant/executor.h"

namespace isoquant {

// Passes tasks on to another executor and watches it: all indices, each once; workers that exist, none with two tasks
// at a time; all done when Run returns; always the same number of workers.
class WatchedExecutor final : public Executor {
 public:
  explicit WatchedExecutor(Executor& executor)
      : executor_(executor),
        workers_(executor.NumWorkers()),
        is_busy_(std::make_unique<std::atomic<bool>[]>(workers_)) {}

  size_t NumWorkers() const override { return executor_.NumWorkers(); }
  void Run(size_t num_tasks, TaskRef task) override;

  // False from the first breach on.
  bool kept() const { return kept_; }
  size_t runs() const { return runs_; }
  size_t most_tasks() const { return most_tasks_; }

 private:
  Executor& executor_;
  const size_t workers_;
  const std::unique_ptr<std::atomic<bool>[]> is_busy_;
  std::atomic<bool> kept_{true};
  size_t runs_ = 0, most_tasks_ = 0;
};

// No tasks, one, as many as workers, and many; short tasks and unequal ones; run after run.
void CheckRunsAllTasks(Executor& executor);

// MatMul, Linear and packing in both orders give the bytes that one thread gives, around the sizes at which they are
// split and at those of golden digests.
void CheckSameBits(Executor& executor);

}  // namespace isoquant

#endif  // ISOQUANT_TEST_EXECUTORS_H_
