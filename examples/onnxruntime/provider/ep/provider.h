// Layer 7: the execution provider of one session.
#ifndef ISOQUANT_PROVIDER_EP_PROVIDER_H_
#define ISOQUANT_PROVIDER_EP_PROVIDER_H_

#include <memory>
#include <string>
#include <vector>

#include "ep/options.h"
#include "program/program.h"
#include "run/worker.h"

namespace isoquant_provider {

class Provider final : public OrtEp {
 public:
  explicit Provider(const OrtSessionOptions* session_options);
  ~Provider();
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  // What the callbacks do.
  void Claim(const OrtGraph* graph, OrtEpGraphSupportInfo* support);
  OrtNodeComputeInfo* CompileOne(const OrtGraph* graph, const OrtNode* fused);
  void Release(OrtNodeComputeInfo* info) noexcept;
  void Run(Program& program, OrtKernelContext* kernel_context);

 private:
  void Report();

  Options options_;
  WorkerPool workers_;
  std::vector<std::string> left_;
  std::vector<std::unique_ptr<Program>> programs_;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_EP_PROVIDER_H_
