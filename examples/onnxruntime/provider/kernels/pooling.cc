// Layer 5: MaxPool, AveragePool, GlobalAveragePool.
#include "isoquant/pooling.h"

#include <string>

#include "graph/attributes.h"
#include "kernels/geometry.h"
#include "kernels/kernel.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

Dims KernelShape(const Node& node) { return IntsOf(node, "kernel_shape", {}); }

class Pool final : public Kernel {
 public:
  Pool(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        is_max_(node.op == "MaxPool"),
        has_ceiling_(IntOf(node, "ceil_mode", 0) != 0),
        geometry_(GeometryOf(preparation.graph, node, x_, KernelShape(node))) {
    average_.count_include_pad = IntOf(node, "count_include_pad", 0) != 0;
  }

  void Run(Frame& frame) const override {
    switch (frame.TypeOf(x_)) {
      case kUint8:
        return MaxOf<uint8_t>(frame);
      case kInt8:
        return MaxOf<int8_t>(frame);
      default:
        return is_max_ ? MaxOf<float>(frame) : AverageOf(frame);
    }
  }

 private:
  isoquant::Conv2dGeometry GeometryFor(const Dims& x) const {
    return has_ceiling_ ? WithCeiling(geometry_, x) : geometry_;
  }

  template <class T>
  void MaxOf(Frame& frame) const {
    const isoquant::ImageView<const T> x = frame.Image<T>(x_);
    const isoquant::Conv2dGeometry geometry = GeometryFor(frame.DimsOf(x_));
    const Dims dims = OutputDims(geometry, frame.DimsOf(x_), x.c);
    Check(isoquant::MaxPool2d(frame.context(), x, geometry, frame.NewImage<T>(y_, dims)));
  }
  void AverageOf(Frame& frame) const {
    const isoquant::ImageView<const float> x = frame.Image<float>(x_);
    const Dims dims = OutputDims(geometry_, frame.DimsOf(x_), x.c);
    Check(isoquant::AveragePool2d(frame.context(), x, geometry_, frame.NewImage<float>(y_, dims), average_));
  }

  int x_, y_;
  bool is_max_, has_ceiling_;
  isoquant::Conv2dGeometry geometry_;
  isoquant::AveragePooling average_;
};

class GlobalAverage final : public Kernel {
 public:
  GlobalAverage(Preparation&, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) {}

  void Run(Frame& frame) const override {
    const isoquant::ImageView<const float> x = frame.Image<float>(x_);
    Dims dims(frame.DimsOf(x_).size(), 1);
    dims[0] = static_cast<int64_t>(x.n);
    dims[1] = static_cast<int64_t>(x.c);
    Check(isoquant::GlobalAveragePool(frame.context(), x, frame.NewImage<float>(y_, dims)));
  }

 private:
  int x_, y_;
};

bool SupportsMax(const Graph& graph, const Node& node) {
  const Type type = graph.At(node.inputs[0]).type;
  const bool is_plain = node.outputs.size() == 1 && IntOf(node, "storage_order", 0) == 0;
  return (type == kFloat || IsByte(type)) && is_plain && SupportsWindows(graph, node, node.inputs[0]) &&
         KernelShape(node).size() + 2 == graph.At(node.inputs[0]).dims.size();
}
// With ceil_mode, versions of ONNX differ in what they count.
bool SupportsAverage(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && IntOf(node, "ceil_mode", 0) == 0 &&
         SupportsWindows(graph, node, node.inputs[0]) &&
         KernelShape(node).size() + 2 == graph.At(node.inputs[0]).dims.size();
}
bool SupportsGlobal(const Graph& graph, const Node& node) {
  const size_t rank = graph.At(node.inputs[0]).dims.size();
  return graph.At(node.inputs[0]).type == kFloat && (rank == 3 || rank == 4);
}

}  // namespace

KernelList PoolingKernels() {
  return {{"", "MaxPool", Role::kBetween, SupportsMax, Make<Pool>},
          {kFusedDomain, kMaxPool, Role::kInteger, SupportsMax, Make<Pool>},
          {"", "AveragePool", Role::kBetween, SupportsAverage, Make<Pool>},
          {"", "GlobalAveragePool", Role::kBetween, SupportsGlobal, Make<GlobalAverage>}};
}

}  // namespace isoquant_provider
