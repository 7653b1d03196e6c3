// Layer 5: what computes a node: prepared once, run many times, by several threads at once.
#ifndef ISOQUANT_PROVIDER_KERNELS_KERNEL_H_
#define ISOQUANT_PROVIDER_KERNELS_KERNEL_H_

#include <memory>
#include <vector>

#include "graph/graph.h"
#include "isoquant/context.h"
#include "run/frame.h"

namespace isoquant_provider {

class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  // Reads the inputs of the node and makes its outputs, all in `frame`.
  virtual void Run(Frame& frame) const = 0;
};

// What a kernel is prepared with.
struct Preparation {
  const Graph& graph;
  isoquant::Context& context;  // for packing
  std::vector<int> kept;       // constants that Frames must hold, because the kernel reads them like other inputs

  // Says so of `value` if it is a constant.
  void Keep(int value) {
    if (graph.IsConstant(value)) kept.push_back(value);
  }
};

// Why an operator is claimed.
enum class Role : uint8_t {
  kInteger,  // it computes with 8-bit integers
  kFloat,    // its float kernel of ONNX Runtime depends on the CPU
  kBetween,  // only if it stands behind a claimed one, and before another or at the end: it saves a change of layout
};

struct KernelType {
  const char* domain;
  const char* op;
  Role role;
  bool (*supports)(const Graph& graph, const Node& node);
  std::unique_ptr<Kernel> (*make)(Preparation& preparation, const Node& node);
};

template <class K>
std::unique_ptr<Kernel> Make(Preparation& preparation, const Node& node) {
  return std::make_unique<K>(preparation, node);
}

// The lists, one for each file of kernels.
using KernelList = std::vector<KernelType>;
KernelList QuantizeKernels();
KernelList DequantizeKernels();
KernelList SixteenBitKernels();
KernelList BlockKernels();
KernelList DynamicQuantizeKernels();
KernelList ConvolutionKernels();
KernelList MatMulKernels();
KernelList ElementwiseKernels();
KernelList BinaryKernels();
KernelList UnaryKernels();
KernelList MeanKernels();
KernelList FloatMatMulKernels();
KernelList PoolingKernels();
KernelList ConcatKernels();
KernelList ResizeKernels();
KernelList RowKernels();
KernelList ElementsBytesKernels();
KernelList ReshapeKernels();
KernelList TransposeKernels();
KernelList SliceKernels();
KernelList PadKernels();
KernelList GatherKernels();

// The kernel of a node, or null. Of several that know it, the first one.
const KernelType* FindKernel(const Graph& graph, const Node& node);
inline bool CanCompute(const Graph& graph, const Node& node) { return FindKernel(graph, node) != nullptr; }

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_KERNEL_H_
