// Layer 5: DynamicQuantizeLinear.
#include "isoquant/quantize.h"
#include "kernels/axis.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

// DynamicQuantizeLinear of one tensor, or of images that a Concat joins along their channels (match/operands.h).
class DynamicQuantizeLinear final : public Kernel {
 public:
  DynamicQuantizeLinear(Preparation& preparation, const Node& node)
      : x_(node.inputs), y_(node.outputs[0]), scale_(node.outputs[1]), zero_(node.outputs[2]) {
    for (const int x : x_) preparation.Keep(x);
  }

  void Run(Frame& frame) const override {
    float scale = 0.0f;
    int32_t zero = 0;
    if (x_.size() == 1) {
      const isoquant::MatrixView<const float> x = AllElements(frame, x_[0]);
      Check(isoquant::QuantizeDynamic(frame.context(), x, NewElements<uint8_t>(frame, x_[0], y_), scale, zero));
    } else {
      QuantizeJoined(frame, scale, zero);
    }
    if (scale_ != kNone) *frame.NewPlain<float>(scale_, {}) = scale;
    if (zero_ != kNone) *frame.NewPlain<uint8_t>(zero_, {}) = static_cast<uint8_t>(zero);
  }

 private:
  void QuantizeJoined(Frame& frame, float& scale, int32_t& zero) const {
    Dims dims = frame.DimsOf(x_[0]);
    dims[1] = 0;
    std::vector<isoquant::MatrixView<const float>> parts;
    for (const int x : x_) {
      const isoquant::ImageView<const float> image = frame.Image<float>(x);
      dims[1] += static_cast<int64_t>(image.c);
      Dims other = frame.DimsOf(x);
      other[1] = dims[1];
      if (other != dims) throw Error("the shapes of two inputs differ in more than their channels");
      parts.emplace_back(image.data, image.n * image.h * image.w, image.c);
    }
    const isoquant::ImageView<uint8_t> y = frame.NewImage<uint8_t>(y_, dims);
    const isoquant::MatrixView<uint8_t> q(y.data, y.n * y.h * y.w, y.c);
    Check(isoquant::QuantizeDynamic(frame.context(), {parts.data(), parts.size()}, q, scale, zero));
  }

  std::vector<int> x_;
  int y_, scale_, zero_;
};

bool Supports(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && node.outputs.size() == 3 && node.outputs[0] != kNone;
}

}  // namespace

KernelList DynamicQuantizeKernels() {
  return {{"", "DynamicQuantizeLinear", Role::kInteger, Supports, Make<DynamicQuantizeLinear>},
          {kFusedDomain, kConcatQuantize, Role::kInteger, Supports, Make<DynamicQuantizeLinear>}};
}

}  // namespace isoquant_provider
