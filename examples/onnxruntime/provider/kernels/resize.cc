// Layer 5: Resize of images along height and width.
#include "isoquant/resize.h"

#include <cmath>

#include "graph/attributes.h"
#include "kernels/parameter.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

bool FindCoordinates(const Node& node, isoquant::ResizeCoordinates& found) {
  const std::string name = StringOf(node, "coordinate_transformation_mode", "half_pixel");
  using Coordinates = isoquant::ResizeCoordinates;
  if (name == "half_pixel") return found = Coordinates::kHalfPixel, true;
  if (name == "pytorch_half_pixel") return found = Coordinates::kPytorchHalfPixel, true;
  if (name == "align_corners") return found = Coordinates::kAlignCorners, true;
  if (name == "asymmetric") return found = Coordinates::kAsymmetric, true;
  if (name == "tf_half_pixel_for_nn") return found = Coordinates::kTfHalfPixelForNn, true;
  return false;
}

bool FindRounding(const Node& node, isoquant::NearestRounding& found) {
  const std::string name = StringOf(node, "nearest_mode", "round_prefer_floor");
  using Rounding = isoquant::NearestRounding;
  if (name == "round_prefer_floor") return found = Rounding::kRoundPreferFloor, true;
  if (name == "round_prefer_ceil") return found = Rounding::kRoundPreferCeil, true;
  if (name == "floor") return found = Rounding::kFloor, true;
  if (name == "ceil") return found = Rounding::kCeil, true;
  return false;
}

bool IsNearest(const Node& node) { return StringOf(node, "mode", "nearest") == "nearest"; }

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
    // Linear: ONNX Runtime's bits.
    resizing_.mode = IsNearest(node) ? isoquant::ResizeMode::kNearest : isoquant::ResizeMode::kLinearAtOnce;
    FindCoordinates(node, resizing_.coordinates);
    FindRounding(node, resizing_.rounding);
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
    switch (frame.TypeOf(x_)) {
      case kUint8:
        return RunAs<uint8_t>(frame, resizing, dims);
      case kInt8:
        return RunAs<int8_t>(frame, resizing, dims);
      default:
        return RunAs<float>(frame, resizing, dims);
    }
  }

 private:
  template <class T>
  void RunAs(Frame& frame, const isoquant::Resizing& resizing, const Dims& dims) const {
    const isoquant::ImageView<const T> x = frame.Image<T>(x_);
    Check(isoquant::Resize2d(frame.context(), x, resizing, frame.NewImage<T>(y_, dims)));
  }

  int x_, y_;
  Target target_;
  isoquant::Resizing resizing_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Value& x = graph.At(node.inputs[0]);
  isoquant::ResizeCoordinates coordinates;
  Target target;
  if (x.dims.size() != 4) return false;
  if (IntOf(node, "antialias", 0) != 0 || !IntsOf(node, "axes", {}).empty()) return false;
  if (StringOf(node, "keep_aspect_ratio_policy", "stretch") != "stretch") return false;
  if (!FindCoordinates(node, coordinates) || !FindTarget(graph, node, target)) return false;
  return target.sizes.empty() || (target.sizes[0] == x.dims[0] && target.sizes[1] == x.dims[1]);
}

bool SupportsLinear(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && StringOf(node, "mode", "nearest") == "linear" &&
         Supports(graph, node);
}
bool SupportsNearest(const Graph& graph, const Node& node) {
  const Type type = graph.At(node.inputs[0]).type;
  isoquant::NearestRounding rounding;
  return (type == kFloat || IsByte(type)) && IsNearest(node) && FindRounding(node, rounding) && Supports(graph, node);
}

}  // namespace

KernelList ResizeKernels() {
  KernelList all = {{"", "Resize", Role::kFloat, SupportsLinear, Make<Resize>}};
  AddMove("Resize", SupportsNearest, Make<Resize>, all);
  return all;
}

}  // namespace isoquant_provider
