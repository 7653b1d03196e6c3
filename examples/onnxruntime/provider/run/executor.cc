#include "run/executor.h"

#include <algorithm>
#include <atomic>

namespace isoquant_provider {
namespace {

struct Call {
  isoquant::TaskRef task;
  size_t num_tasks;
  std::atomic<size_t> next{0};
};

// ONNX Runtime does not tell which of its threads calls. So a worker is one call, which takes tasks until none is left.
void Work(void* data, size_t worker) {
  Call& call = *static_cast<Call*>(data);
  for (size_t i = call.next.fetch_add(1); i < call.num_tasks; i = call.next.fetch_add(1)) call.task(i, worker);
}

}  // namespace

void SessionExecutor::Run(size_t num_tasks, isoquant::TaskRef task) {
  Call call{task, num_tasks};
  const size_t workers = std::min(num_workers_, num_tasks);
  if (workers > 1 && kernel_context_ != nullptr) {
    OrtStatus* const status = Api().KernelContext_ParallelFor(kernel_context_, Work, workers, workers, &call);
    if (status != nullptr) Api().ReleaseStatus(status);
  }
  Work(&call, 0);  // all tasks if there are no threads, none otherwise
}

}  // namespace isoquant_provider
