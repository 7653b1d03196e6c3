// Tests of executors: one over plain threads, written as a user might. thread_pool_test.cc has Highway's.
#include "isoquant/executor.h"

#include <atomic>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "test/executors.h"
#include "test/support.h"

namespace isoquant {
namespace {

// Threads of one call take the next task whenever they are free, so that which worker gets which task is chance.
class QueueExecutor final : public Executor {
 public:
  explicit QueueExecutor(size_t workers) : workers_(workers) {}
  size_t NumWorkers() const override { return workers_; }
  void Run(size_t num_tasks, TaskRef task) override {
    std::atomic<size_t> next{0};
    const auto work = [&](size_t worker) {
      for (size_t i; (i = next++) < num_tasks;) task(i, worker);
    };
    std::vector<std::thread> threads;
    for (size_t worker = 1; worker < workers_; ++worker) threads.emplace_back(work, worker);
    work(0);
    for (std::thread& thread : threads) thread.join();
  }

 private:
  const size_t workers_;
};

TEST_CASE("Executor: plain threads keep the contract, and do not change a bit") {
  for (const size_t workers : WorkerCounts({1, 2, 3, 5, 8})) {
    CAPTURE(workers);
    QueueExecutor executor(workers);
    CheckRunsAllTasks(executor);
    CheckSameBits(executor);
  }
}

// An executor with one fault, on the calling thread.
class FaultyExecutor final : public Executor {
 public:
  enum class Fault { kNone, kSkips, kRepeats, kWorkerTooLarge, kWorkerTwiceAtATime, kWorkersChange };
  explicit FaultyExecutor(Fault fault) : fault_(fault) {}
  size_t NumWorkers() const override { return fault_ == Fault::kWorkersChange ? ++changes_ : 2; }
  void Run(size_t num_tasks, TaskRef task) override {
    task_ = &task;
    for (size_t i = fault_ == Fault::kSkips ? 1 : 0; i < num_tasks; ++i) {
      if (i == 1 && fault_ == Fault::kWorkerTwiceAtATime) continue;  // that was in Interrupt
      task(i, fault_ == Fault::kWorkerTooLarge ? 2 : i % 2);
    }
    if (fault_ == Fault::kRepeats) task(0, 0);
    task_ = nullptr;
  }
  // To be called within task 0.
  void Interrupt() const {
    if (fault_ == Fault::kWorkerTwiceAtATime) (*task_)(1, 0);
  }

 private:
  const Fault fault_;
  const TaskRef* task_ = nullptr;
  mutable size_t changes_ = 0;
};

bool IsCaught(FaultyExecutor::Fault fault) {
  FaultyExecutor executor(fault);
  WatchedExecutor watched(executor);
  const auto task = [&](size_t i, size_t) {
    if (i == 0) executor.Interrupt();
  };
  watched.Run(3, TaskRef(task));
  return !watched.kept();
}

TEST_CASE("Executor: the checks of this file find what they look for") {
  using Fault = FaultyExecutor::Fault;
  CHECK(!IsCaught(Fault::kNone));
  CHECK(IsCaught(Fault::kSkips));
  CHECK(IsCaught(Fault::kRepeats));
  CHECK(IsCaught(Fault::kWorkerTooLarge));
  CHECK(IsCaught(Fault::kWorkerTwiceAtATime));
  CHECK(IsCaught(Fault::kWorkersChange));
}

}  // namespace
}  // namespace isoquant
