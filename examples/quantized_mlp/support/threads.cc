// Lends the pool's threads, or only the caller's.
#include "support/threads.h"

#include <algorithm>
#include <thread>

#ifdef QUANTIZED_MLP_HAVE_THREADS
#include "isoquant/thread_pool.h"
#endif

namespace quantized_mlp {
#ifdef QUANTIZED_MLP_HAVE_THREADS

struct Threads::Pool {
  explicit Pool(size_t more) : threads(more) {}
  hwy::ThreadPool threads;
};

Threads::Threads(size_t count) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  pool_ = std::make_unique<Pool>(count - 1);
  executor_ = std::make_unique<isoquant::ThreadPoolExecutor>(pool_->threads);
}

#else

struct Threads::Pool {};

namespace {

class Caller final : public isoquant::Executor {
 public:
  size_t NumWorkers() const override { return 1; }
  void Run(size_t num_tasks, isoquant::TaskRef task) override {
    for (size_t i = 0; i < num_tasks; ++i) task(i, 0);
  }
};

}  // namespace

Threads::Threads(size_t) : executor_(std::make_unique<Caller>()) {}

#endif

Threads::~Threads() = default;

}  // namespace quantized_mlp
