#include "run/executor.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

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

// Tasks that wait until all of them are there.
struct Meeting {
  using Clock = std::chrono::steady_clock;
  size_t expected;
  Clock::time_point end;
  std::atomic<size_t> arrived{0}, most{0};
  std::atomic<bool> is_over{false};
};

void Meet(void* data, size_t) {
  Meeting& meeting = *static_cast<Meeting*>(data);
  const size_t arrived = ++meeting.arrived;
  if (!meeting.is_over.load()) {
    size_t most = meeting.most.load();
    while (most < arrived && !meeting.most.compare_exchange_weak(most, arrived)) {
    }
    while (!meeting.is_over.load() && meeting.most.load() < meeting.expected) {
      if (Meeting::Clock::now() >= meeting.end) break;
    }
    meeting.is_over = true;
  }
  --meeting.arrived;
}

}  // namespace

size_t CountThreads(const OrtKernelContext* kernel_context, int milliseconds) {
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  Meeting meeting{cores, Meeting::Clock::now() + std::chrono::milliseconds(milliseconds)};
  OrtStatus* const status = Api().KernelContext_ParallelFor(kernel_context, Meet, cores, cores, &meeting);
  if (status != nullptr) Api().ReleaseStatus(status);
  return std::max<size_t>(1, meeting.most.load());
}

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
