// Layer 3: what one run uses at a time: a Context, its threads, memory.
#ifndef ISOQUANT_PROVIDER_RUN_WORKER_H_
#define ISOQUANT_PROVIDER_RUN_WORKER_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "isoquant/context.h"
#include "run/executor.h"
#include "run/memory.h"

namespace isoquant_provider {

class Worker {
 public:
  // `max_tier` and `disable` as of Context; empty: no limit. Throws if they name no tier.
  Worker(size_t num_threads, const std::string& max_tier, const std::string& disable);

  // Calls block(context, begin, count) for blocks of [0, total), of `size` each but for the last one, on all threads.
  // The Context runs on the calling thread alone. What a block throws, this throws.
  using Block = std::function<void(isoquant::Context& context, size_t begin, size_t count)>;
  void ForEachBlock(size_t total, size_t size, const Block& block);

  SessionExecutor executor;
  isoquant::Context context;
  Memory memory;

 private:
  std::vector<std::unique_ptr<isoquant::Context>> serial_;  // one for each thread
};

// Workers of a session: as many as there were runs at once. Any thread may borrow one.
class WorkerPool {
 public:
  // As Worker.
  WorkerPool(std::string max_tier, std::string disable);

  // The first run finds out how many threads there are; the second, fourth, eighth ... look whether there are more. (On
  // a busy machine a thread may be late.)
  std::unique_ptr<Worker> Borrow(const OrtKernelContext* kernel_context);
  void Return(std::unique_ptr<Worker> worker) noexcept;

  // Of all workers that are not lent.
  size_t memory_bytes();
  const std::string& tier() const { return tier_; }

 private:
  std::string max_tier_, disable_, tier_;
  std::mutex mutex_;        // of what follows
  size_t num_threads_ = 0;  // 0: there was no run
  size_t runs_ = 0;
  std::vector<std::unique_ptr<Worker>> idle_;  // of num_threads_ threads
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_RUN_WORKER_H_
