// Bench support: implementation of worker_pool.h.
#include "bench/worker_pool.h"

#include "bench/limits.h"

namespace isoquant {
namespace {

constexpr double kSpinSeconds = 200e-6;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

WorkerPool::WorkerPool(size_t num_workers) {
  for (size_t worker = 1; worker < num_workers; ++worker) {
    threads_.emplace_back([this, worker] {
      for (uint32_t seen = 0; Await(seen); ++seen) {
        Work(worker);
        busy_threads_.fetch_sub(1, std::memory_order_release);
      }
    });
  }
}

WorkerPool::~WorkerPool() {
  stop_ = true;
  Publish();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Run(size_t num_tasks, TaskRef task) {
  task_ = &task;
  num_tasks_ = num_tasks;
  next_task_.store(0, std::memory_order_relaxed);
  busy_threads_.store(threads_.size(), std::memory_order_relaxed);
  Publish();
  Work(0);
  while (busy_threads_.load(std::memory_order_acquire) != 0) Pause();
}

void WorkerPool::Publish() {
  {
    // Under the lock, so that no thread falls asleep between its last look and this.
    const std::lock_guard<std::mutex> lock(mutex_);
    generation_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
}

bool WorkerPool::Await(uint32_t seen) {
  const auto called = [&] { return generation_.load(std::memory_order_acquire) != seen; };
  const double begin = Seconds();
  while (!called() && Seconds() - begin < kSpinSeconds) Pause();
  if (!called()) {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, called);
  }
  return !stop_;
}

void WorkerPool::Work(size_t worker) {
  for (;;) {
    const size_t task = next_task_.fetch_add(1, std::memory_order_relaxed);
    if (task >= num_tasks_) return;
    (*task_)(task, worker);
  }
}

}  // namespace isoquant
