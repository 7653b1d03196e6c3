// Layer 4: DynamicQuantizeLinear.
#include "isoquant/quantize.h"
#include "kernels/axis.h"

namespace isoquant_provider {
namespace {

class DynamicQuantizeLinear final : public Kernel {
 public:
  DynamicQuantizeLinear(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs[0]), scale_(node.outputs[1]), zero_(node.outputs[2]) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    float scale = 0.0f;
    int32_t zero = 0;
    const isoquant::MatrixView<const float> x = AllElements(frame, x_);
    Check(isoquant::QuantizeDynamic(frame.context(), x, NewElements<uint8_t>(frame, x_, y_), scale, zero));
    if (scale_ != kNone) *frame.NewPlain<float>(scale_, {}) = scale;
    if (zero_ != kNone) *frame.NewPlain<uint8_t>(zero_, {}) = static_cast<uint8_t>(zero);
  }

 private:
  int x_, y_, scale_, zero_;
};

bool Supports(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && node.outputs.size() == 3 && node.outputs[0] != kNone;
}

}  // namespace

KernelList DynamicQuantizeKernels() {
  return {{"", "DynamicQuantizeLinear", Role::kInteger, Supports, Make<DynamicQuantizeLinear>}};
}

}  // namespace isoquant_provider
