// Threads for training and for the library. They are those of Highway's pool, if the build has it.
#ifndef QUANTIZED_MLP_SUPPORT_THREADS_H_
#define QUANTIZED_MLP_SUPPORT_THREADS_H_

#include <cstddef>
#include <memory>

#include "isoquant/executor.h"

namespace quantized_mlp {

class Threads {
 public:
  // Uses the calling thread and count - 1 more; 0 means one for each core. A build without a pool uses the calling
  // thread alone.
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
