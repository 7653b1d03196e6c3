#include "run/worker.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace isoquant_provider {

namespace {

void Restrict(isoquant::Context& context, const std::string& max_tier, const std::string& disable) {
  if (!max_tier.empty()) Check(context.SetMaxTier(max_tier.c_str()));
  if (!disable.empty()) Check(context.Disable(disable.c_str()));
}

}  // namespace

Worker::Worker(size_t num_threads, const std::string& max_tier, const std::string& disable)
    : executor(num_threads), context(executor) {
  Restrict(context, max_tier, disable);
  for (size_t i = 0; i < num_threads; ++i) {
    serial_.push_back(std::make_unique<isoquant::Context>());
    Restrict(*serial_.back(), max_tier, disable);
  }
}

void Worker::ForEachBlock(size_t total, size_t size, const Block& block) {
  const size_t blocks = (total + size - 1) / size;
  // Few blocks are not worth waking a thread.
  const size_t tasks = std::max<size_t>(1, std::min(context.NumWorkers(), blocks / 16));
  std::vector<std::exception_ptr> errors(tasks);
  const auto run = [&](size_t task, size_t worker) {
    try {
      for (size_t i = blocks * task / tasks; i < blocks * (task + 1) / tasks; ++i) {
        block(*serial_[worker], i * size, std::min(size, total - i * size));
      }
    } catch (...) {
      errors[task] = std::current_exception();
    }
  };
  context.Run(tasks, isoquant::TaskRef(run));
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

WorkerPool::WorkerPool(std::string max_tier, std::string disable)
    : max_tier_(std::move(max_tier)),
      disable_(std::move(disable)),
      tier_(Worker(1, max_tier_, disable_).context.tier()) {}

std::unique_ptr<Worker> WorkerPool::Borrow(const OrtKernelContext* kernel_context) {
  size_t num_threads = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if ((runs_ & (runs_ + 1)) == 0) {
      const size_t found = CountThreads(kernel_context, runs_ == 0 ? 10 : 2);
      if (found > num_threads_) idle_.clear();
      num_threads_ = std::max(num_threads_, found);
    }
    ++runs_;
    num_threads = num_threads_;
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return std::make_unique<Worker>(num_threads, max_tier_, disable_);
}

void WorkerPool::Return(std::unique_ptr<Worker> worker) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (worker->executor.NumWorkers() == num_threads_) idle_.push_back(std::move(worker));
  } catch (...) {
    // There is no memory to keep it: it is freed.
  }
}

size_t WorkerPool::memory_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  for (const auto& worker : idle_) bytes += worker->memory.bytes();
  return bytes;
}

}  // namespace isoquant_provider
