// Layer 5: QuantizeLinear.
#include "isoquant/quantize.h"

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "kernels/parameter.h"

namespace isoquant_provider {
namespace {

class QuantizeLinear final : public Kernel {
 public:
  QuantizeLinear(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        type_(preparation.graph.At(y_).type),
        axis_(IntOf(node, "axis", 1)),
        scale_(preparation, node.inputs[1]),
        zero_(preparation, node.Input(2)) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override { type_ == kUint8 ? RunAs<uint8_t>(frame) : RunAs<int8_t>(frame); }

 private:
  template <class Q>
  void RunAs(Frame& frame) const {
    const auto scales = scale_.Get(frame);
    const auto zeros = zero_.Get(frame);
    const Dims dims = frame.DimsOf(x_);
    isoquant::Context& context = frame.context();
    if (scales.size == 1) {
      const isoquant::MatrixView<const float> x = AllElements(frame, x_);
      Check(isoquant::QuantizeLinear(context, x, scales.data[0], First(zeros, 0), NewElements<Q>(frame, x_, y_)));
      return;
    }
    const AxisView axis(dims, axis_);
    axis.CheckSize("y_scale", scales.size);
    const float* const x = frame.Plain<float>(x_);
    Q* const y = frame.NewPlain<Q>(y_, dims);
    AlongAxis(
        axis, x, y,
        [&](const auto& from, const auto& to) {
          Check(isoquant::QuantizeLinearColumns(context, from, scales, zeros, to));
        },
        [&](const auto& from, const auto& to) {
          Check(isoquant::QuantizeLinearRows(context, from, scales, zeros, to));
        });
  }

  int x_, y_;
  Type type_;
  int64_t axis_;
  Parameter<float> scale_;
  Parameter<int32_t> zero_;
};

bool Supports(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && graph.At(node.inputs[1]).type == kFloat &&
         IsByte(graph.At(node.outputs[0]).type) && IsVector(graph, node.inputs[1]) && IntOf(node, "block_size", 0) == 0;
}

}  // namespace

KernelList QuantizeKernels() { return {{"", "QuantizeLinear", Role::kInteger, Supports, Make<QuantizeLinear>}}; }

}  // namespace isoquant_provider
