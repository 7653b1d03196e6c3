// Layer 5: DequantizeLinear.
#include "isoquant/dequantize.h"

#include <algorithm>

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "kernels/parameter.h"

namespace isoquant_provider {
namespace {

class DequantizeLinear final : public Kernel {
 public:
  DequantizeLinear(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        axis_(IntOf(node, "axis", 1)),
        scale_(preparation, node.inputs[1]),
        zero_(preparation, node.Input(2)) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    if (frame.TypeOf(x_) == kInt32) return RunWide(frame);
    frame.TypeOf(x_) == kUint8 ? RunAs<uint8_t>(frame) : RunAs<int8_t>(frame);
  }

 private:
  template <class Q>
  void RunAs(Frame& frame) const {
    const auto scales = scale_.Get(frame);
    auto zeros = zero_.Get(frame);
    const Dims dims = frame.DimsOf(x_);
    isoquant::Context& context = frame.context();
    if (scales.size == 1) {
      const isoquant::MatrixView<const Q> x = AllElements<Q>(frame, x_);
      Check(isoquant::Dequantize(context, x, scales.data[0], First(zeros, 0), NewElements<float>(frame, x_, y_)));
      return;
    }
    const AxisView axis(dims, axis_);
    axis.CheckSize("x_scale", scales.size);
    if (zeros.size == 0) {  // the library wants them
      int32_t* const none = frame.Scratch<int32_t>(scales.size);
      std::fill_n(none, scales.size, 0);
      zeros = {none, scales.size};
    }
    const Q* const x = frame.Plain<Q>(x_);
    float* const y = frame.NewPlain<float>(y_, dims);
    AlongAxis(
        axis, x, y,
        [&](const auto& from, const auto& to) { Check(isoquant::DequantizeColumns(context, from, scales, zeros, to)); },
        [&](const auto& from, const auto& to) { Check(isoquant::DequantizeRows(context, from, scales, zeros, to)); });
  }

  // Biases: few numbers. ONNX allows no zero point but 0.
  void RunWide(Frame& frame) const {
    const auto scales = scale_.Get(frame);
    const Dims dims = frame.DimsOf(x_);
    const int32_t* const x = frame.Plain<int32_t>(x_);
    float* const y = frame.NewPlain<float>(y_, dims);
    const AxisView axis(scales.size == 1 ? Dims{1, 1, static_cast<int64_t>(Count(dims))} : dims,
                        scales.size == 1 ? 1 : axis_);
    axis.CheckSize("x_scale", scales.size);
    for (size_t i = 0; i < axis.outer * axis.size * axis.inner; ++i) {
      y[i] = static_cast<float>(x[i]) * scales.data[i / axis.inner % axis.size];
    }
  }

  int x_, y_;
  int64_t axis_;
  Parameter<float> scale_;
  Parameter<int32_t> zero_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Type type = graph.At(node.inputs[0]).type;
  return (IsByte(type) || type == kInt32) && graph.At(node.inputs[1]).type == kFloat &&
         graph.At(node.outputs[0]).type == kFloat && IsVector(graph, node.inputs[1]) &&
         IntOf(node, "block_size", 0) == 0;
}

}  // namespace

KernelList DequantizeKernels() { return {{"", "DequantizeLinear", Role::kInteger, Supports, Make<DequantizeLinear>}}; }

}  // namespace isoquant_provider
