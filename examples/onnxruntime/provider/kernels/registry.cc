// Layer 5: all kernels.
#include "kernels/kernel.h"

namespace isoquant_provider {
namespace {

KernelList AllKernels() {
  KernelList all;
  for (const KernelList& list : {QuantizeKernels(),
                                 DequantizeKernels(),
                                 SixteenBitKernels(),
                                 BlockKernels(),
                                 DynamicQuantizeKernels(),
                                 ConvolutionKernels(),
                                 MatMulKernels(),
                                 ElementwiseKernels(),
                                 BinaryKernels(),
                                 UnaryKernels(),
                                 MeanKernels(),
                                 FloatMatMulKernels(),
                                 PoolingKernels(),
                                 ConcatKernels(),
                                 ResizeKernels(),
                                 RowKernels(),
                                 ElementsBytesKernels(),
                                 ReshapeKernels(),
                                 TransposeKernels(),
                                 SliceKernels(),
                                 PadKernels(),
                                 GatherKernels()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

}  // namespace

const KernelType* FindKernel(const Graph& graph, const Node& node) {
  static const KernelList kernels = AllKernels();
  for (const KernelType& type : kernels) {
    if (node.op == type.op && node.domain == type.domain && type.supports(graph, node)) return &type;
  }
  return nullptr;
}

}  // namespace isoquant_provider
