#include "run/worker.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace isoquant_provider {

WorkerPool::WorkerPool(std::string max_tier, std::string disable)
    : max_tier_(std::move(max_tier)),
      disable_(std::move(disable)),
      num_threads_(std::max(1u, std::thread::hardware_concurrency())) {
  Return(Make());
}

std::unique_ptr<Worker> WorkerPool::Make() const {
  auto worker = std::make_unique<Worker>(num_threads_);
  if (!max_tier_.empty()) Check(worker->context.SetMaxTier(max_tier_.c_str()));
  if (!disable_.empty()) Check(worker->context.Disable(disable_.c_str()));
  return worker;
}

std::unique_ptr<Worker> WorkerPool::Borrow() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return Make();
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

std::string WorkerPool::tier() {
  auto worker = Borrow();
  const std::string name = worker->context.tier();
  Return(std::move(worker));
  return name;
}

}  // namespace isoquant_provider
