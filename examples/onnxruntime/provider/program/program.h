// Layer 6: a claimed part of a graph, compiled: its kernels in their order.
#ifndef ISOQUANT_PROVIDER_PROGRAM_PROGRAM_H_
#define ISOQUANT_PROVIDER_PROGRAM_PROGRAM_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "kernels/kernel.h"
#include "run/worker.h"

namespace isoquant_provider {

// A node as it runs.
struct Step {
  std::string name, op;
  size_t num_nodes = 0;  // of the model
  std::unique_ptr<Kernel> kernel;
  std::vector<int> outputs;
  std::vector<int> dead;  // values that nobody needs afterwards
  std::atomic<uint64_t> nanoseconds{0}, runs{0};
};

class Program {
 public:
  // `graph` are the claimed nodes, `fused` is the node that stands for them. Neither is needed afterwards. Throws Error
  // with a node's name if there is a node without a kernel.
  Program(const OrtGraph* graph, const OrtNode* fused, isoquant::Context& context);

  void Run(OrtKernelContext* kernel_context, Worker& worker);

  const std::vector<std::unique_ptr<Step>>& steps() const { return steps_; }

 private:
  struct KeptConstant {
    int value;
    TensorRef tensor;
    std::vector<uint8_t> data;
  };
  void AddSteps(const Graph& graph, Preparation& preparation);
  void FindLastUses(const Graph& graph, const std::vector<const Node*>& nodes);
  void KeepConstants(const Graph& graph, const std::vector<int>& values);

  size_t num_values_ = 0;
  std::vector<int> inputs_, outputs_;  // values, by their places in the fused node
  std::vector<KeptConstant> constants_;
  std::vector<std::unique_ptr<Step>> steps_;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_PROGRAM_PROGRAM_H_
