// Bench support: an executor over threads that stay alive between calls.
#ifndef ISOQUANT_BENCH_WORKER_POOL_H_
#define ISOQUANT_BENCH_WORKER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "isoquant/executor.h"

namespace isoquant {

// The thread that calls Run is worker 0. The others wait for the next call by spinning for a fraction of a millisecond,
// then by sleeping, so that calls in a row start at once and an idle pool costs nothing.
class WorkerPool : public Executor {
 public:
  explicit WorkerPool(size_t num_workers);
  ~WorkerPool() override;

  size_t NumWorkers() const override { return threads_.size() + 1; }
  void Run(size_t num_tasks, TaskRef task) override;

 private:
  void Publish();
  bool Await(uint32_t seen);  // false: stop
  void Work(size_t worker);

  const TaskRef* task_ = nullptr;
  size_t num_tasks_ = 0;
  bool stop_ = false;
  std::atomic<size_t> next_task_{0};
  std::atomic<size_t> busy_threads_{0};
  std::atomic<uint32_t> generation_{0};  // counts calls; publishes what stands above
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_WORKER_POOL_H_
