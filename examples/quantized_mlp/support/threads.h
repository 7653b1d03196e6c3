// Threads for training and for the library: those of Highway's pool, where the build has it.
#ifndef QUANTIZED_MLP_SUPPORT_THREADS_H_
#define QUANTIZED_MLP_SUPPORT_THREADS_H_

#include <cstddef>
#include <memory>

#include "isoquant/executor.h"

namespace quantized_mlp {

class Threads {
 public:
  // The calling thread and count - 1 more; 0: as many as there are cores. One only in a build without a pool.
  explicit Threads(size_t count);
  ~Threads();

  isoquant::Executor& executor() { return *executor_; }
  size_t count() const { return executor_->NumWorkers(); }

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<isoquant::Executor> executor_;
};

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_THREADS_H_
