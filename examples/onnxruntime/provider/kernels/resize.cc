// Layer 5: Resize of images along height and width.
#include "isoquant/resize.h"

#include <cmath>

#include "graph/attributes.h"
#include "kernels/parameter.h"

namespace isoquant_provider {
namespace {

bool FindCoordinates(const Node& node, isoquant::ResizeCoordinates& found) {
  const std::string name = StringOf(node, "coordinate_transformation_mode", "half_pixel");
  using Coordinates = isoquant::ResizeCoordinates;
  if (name == "half_pixel") return found = Coordinates::kHalfPixel, true;
  if (name == "pytorch_half_pixel") return found = Coordinates::kPytorchHalfPixel, true;
  if (name == "align_corners") return found = Coordinates::kAlignCorners, true;
  if (name == "asymmetric") return found = Coordinates::kAsymmetric, true;
  return false;
}

// Sizes or scales of the output: one or the other is a constant of four numbers, of which the first two keep the size.
struct Target {
  std::vector<float> scales;
  std::vector<int64_t> sizes;
};
bool FindTarget(const Graph& graph, const Node& node, Target& target) {
  const int scales = node.Input(2), sizes = node.Input(3);
  if (graph.IsConstant(sizes) && graph.At(sizes).type == kInt64) {
    const TensorRef tensor = graph.Constant(sizes);
    target.sizes.assign(tensor.As<int64_t>(), tensor.As<int64_t>() + Count(tensor.dims));
    return target.sizes.size() == 4;
  }
  if (!graph.IsConstant(scales) || graph.At(scales).type != kFloat) return false;
  const TensorRef tensor = graph.Constant(scales);
  target.scales.assign(tensor.As<float>(), tensor.As<float>() + Count(tensor.dims));
  return target.scales.size() == 4 && target.scales[0] == 1.0f && target.scales[1] == 1.0f;
}

class Resize final : public Kernel {
 public:
  Resize(Preparation& preparation, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) {
    resizing_.mode = isoquant::ResizeMode::kLinearAtOnce;  // ONNX Runtime's bits
    FindCoordinates(node, resizing_.coordinates);
    FindTarget(preparation.graph, node, target_);
  }

  void Run(Frame& frame) const override {
    Dims dims = frame.DimsOf(x_);
    if (dims.size() != 4) throw Error("x is no image");
    isoquant::Resizing resizing = resizing_;
    if (!target_.sizes.empty()) {
      if (target_.sizes[0] != dims[0] || target_.sizes[1] != dims[1]) throw Error("sizes change images or channels");
      dims = target_.sizes;
    } else {
      resizing.scale_h = target_.scales[2];
      resizing.scale_w = target_.scales[3];
      dims[2] = static_cast<int64_t>(std::floor(static_cast<float>(dims[2]) * resizing.scale_h));
      dims[3] = static_cast<int64_t>(std::floor(static_cast<float>(dims[3]) * resizing.scale_w));
    }
    const isoquant::ImageView<const float> x = frame.Image<float>(x_);
    Check(isoquant::Resize2d(frame.context(), x, resizing, frame.NewImage<float>(y_, dims)));
  }

 private:
  int x_, y_;
  Target target_;
  isoquant::Resizing resizing_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Value& x = graph.At(node.inputs[0]);
  isoquant::ResizeCoordinates coordinates;
  Target target;
  if (x.type != kFloat || x.dims.size() != 4 || StringOf(node, "mode", "nearest") != "linear") return false;
  if (IntOf(node, "antialias", 0) != 0 || !IntsOf(node, "axes", {}).empty()) return false;
  if (StringOf(node, "keep_aspect_ratio_policy", "stretch") != "stretch") return false;
  if (!FindCoordinates(node, coordinates) || !FindTarget(graph, node, target)) return false;
  return target.sizes.empty() || (target.sizes[0] == x.dims[0] && target.sizes[1] == x.dims[1]);
}

}  // namespace

KernelList ResizeKernels() { return {{"", "Resize", Role::kFloat, Supports, Make<Resize>}}; }

}  // namespace isoquant_provider
