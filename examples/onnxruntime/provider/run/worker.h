// Layer 3: what one run uses at a time: a Context, its threads, memory.
#ifndef ISOQUANT_PROVIDER_RUN_WORKER_H_
#define ISOQUANT_PROVIDER_RUN_WORKER_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "isoquant/context.h"
#include "run/executor.h"
#include "run/memory.h"

namespace isoquant_provider {

struct Worker {
  explicit Worker(size_t num_threads) : executor(num_threads), context(executor) {}
  SessionExecutor executor;
  isoquant::Context context;
  Memory memory;
};

// Workers of a session: as many as there were runs at once. Any thread may borrow one.
class WorkerPool {
 public:
  // `max_tier` and `disable` as of Context; empty: no limit. Throws if they name no tier.
  WorkerPool(std::string max_tier, std::string disable);

  // The first run finds out how many threads there are.
  std::unique_ptr<Worker> Borrow(const OrtKernelContext* kernel_context);
  void Return(std::unique_ptr<Worker> worker) noexcept;

  // Of all workers that are not lent.
  size_t memory_bytes();
  const std::string& tier() const { return tier_; }

 private:
  std::unique_ptr<Worker> Make(size_t num_threads) const;

  std::string max_tier_, disable_, tier_;
  std::mutex mutex_;        // of what follows
  size_t num_threads_ = 0;  // 0: there was no run
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_RUN_WORKER_H_
