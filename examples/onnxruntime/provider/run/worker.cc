#include "run/worker.h"

#include <utility>

namespace isoquant_provider {

WorkerPool::WorkerPool(std::string max_tier, std::string disable)
    : max_tier_(std::move(max_tier)), disable_(std::move(disable)), tier_(Make(1)->context.tier()) {}

std::unique_ptr<Worker> WorkerPool::Make(size_t num_threads) const {
  auto worker = std::make_unique<Worker>(num_threads);
  if (!max_tier_.empty()) Check(worker->context.SetMaxTier(max_tier_.c_str()));
  if (!disable_.empty()) Check(worker->context.Disable(disable_.c_str()));
  return worker;
}

std::unique_ptr<Worker> WorkerPool::Borrow(const OrtKernelContext* kernel_context) {
  size_t num_threads = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (num_threads_ == 0) num_threads_ = CountThreads(kernel_context);
    num_threads = num_threads_;
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return Make(num_threads);
}

void WorkerPool::Return(std::unique_ptr<Worker> worker) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(worker));
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
