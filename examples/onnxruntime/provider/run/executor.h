// Layer 3: the session's own threads as an executor of Isoquant.
#ifndef ISOQUANT_PROVIDER_RUN_EXECUTOR_H_
#define ISOQUANT_PROVIDER_RUN_EXECUTOR_H_

#include "api/api.h"
#include "isoquant/executor.h"

namespace isoquant_provider {

class SessionExecutor final : public isoquant::Executor {
 public:
  explicit SessionExecutor(size_t num_workers) : num_workers_(num_workers) {}

  // Whose threads run from now on. Null: the calling thread.
  void Use(const OrtKernelContext* kernel_context) { kernel_context_ = kernel_context; }

  size_t NumWorkers() const override { return num_workers_; }
  void Run(size_t num_tasks, isoquant::TaskRef task) override;

 private:
  size_t num_workers_;
  const OrtKernelContext* kernel_context_ = nullptr;
};

// How many of the session's threads run at once, at most std::thread::hardware_concurrency(). ONNX Runtime does not
// tell. So as many tasks wait for one another, `milliseconds` at most; a thread that is later is not counted.
size_t CountThreads(const OrtKernelContext* kernel_context, int milliseconds);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_RUN_EXECUTOR_H_
