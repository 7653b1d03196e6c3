// Public layer: how a caller lends its threads.
#ifndef ISOQUANT_EXECUTOR_H_
#define ISOQUANT_EXECUTOR_H_

#include <cstddef>

#include "isoquant/api.h"

namespace isoquant {

// A borrowed reference to a callable void(size_t task, size_t worker). It is two words and allocates nothing. It must
// not outlive what it refers to.
class TaskRef {
 public:
  template <class F>
  explicit TaskRef(const F& f)
      : object_(&f),
        call_([](const void* object, size_t task, size_t worker) { (*static_cast<const F*>(object))(task, worker); }) {}
  void operator()(size_t task, size_t worker) const { call_(object_, task, worker); }

 private:
  const void* object_;
  void (*call_)(const void*, size_t, size_t);
};

// Implement this over the thread pool that the application already has. Results do not depend on it: the same bits for
// any number of workers.
class ISOQUANT_API Executor {
 public:
  virtual ~Executor() = default;

  // At least 1, and the same during the lifetime of every Context that uses this executor.
  virtual size_t NumWorkers() const = 0;

  // Calls task(i, worker) once for each i in [0, num_tasks), in any order, and returns when all have returned.
  // worker < NumWorkers(), and no two calls that overlap in time have the same worker.
  virtual void Run(size_t num_tasks, TaskRef task) = 0;
};

}  // namespace isoquant

#endif  // ISOQUANT_EXECUTOR_H_
