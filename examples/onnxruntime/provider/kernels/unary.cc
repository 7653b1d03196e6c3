// Layer 5: Clip, HardSigmoid, Sqrt, and Pow with the exponent 2, of floats: operations of IEEE 754, in ONNX's order.
#include <algorithm>
#include <cmath>

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "kernels/not_a_number.h"
#include "match/path.h"

namespace isoquant_provider {
namespace {

constexpr size_t kBlock = 16384;

// f(x) of each element.
template <class F>
void ForElements(Frame& frame, int x_value, int y_value, const F& f) {
  const isoquant::MatrixView<const float> from = AllElements(frame, x_value);
  const float* const x = from.data;
  float* const y = NewElements<float>(frame, x_value, y_value).data;
  frame.ForEachBlock(from.rows * from.cols, kBlock, [&](isoquant::Context&, size_t begin, size_t count) {
    for (size_t i = begin; i < begin + count; ++i) y[i] = WithOneNan(f(x[i]));
  });
}

class Unary final : public Kernel {
 public:
  Unary(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        op_(node.op),
        alpha_(FloatOf(node, "alpha", 0.2f)),
        beta_(FloatOf(node, "beta", 0.5f)) {
    preparation.Keep(x_);
    Node limits;
    if (FindLimits(preparation.graph, node, limits)) min_ = limits.min, max_ = limits.max;
  }

  void Run(Frame& frame) const override {
    const auto limit = [](float x, float min, float max) {
      x = x < min ? min : x;
      return x > max ? max : x;
    };
    if (op_ == "Clip") {
      ForElements(frame, x_, y_, [&](float x) { return limit(x, min_, max_); });
    } else if (op_ == "HardSigmoid") {
      ForElements(frame, x_, y_, [&](float x) { return limit(alpha_ * x + beta_, 0.0f, 1.0f); });
    } else if (op_ == "Sqrt") {
      ForElements(frame, x_, y_, [](float x) { return std::sqrt(x); });
    } else {
      ForElements(frame, x_, y_, [](float x) { return x * x; });
    }
  }

 private:
  int x_, y_;
  std::string op_;
  float alpha_, beta_, min_ = 0.0f, max_ = 0.0f;
};

bool IsFloat(const Graph& graph, const Node& node) { return graph.At(node.inputs[0]).type == kFloat; }
bool SupportsClip(const Graph& graph, const Node& node) {
  Node limits;
  return IsFloat(graph, node) && FindLimits(graph, node, limits);
}
bool SupportsPow(const Graph& graph, const Node& node) {
  const int exponent = node.inputs[1];
  return IsFloat(graph, node) && graph.IsConstant(exponent) && graph.At(exponent).type == kFloat &&
         graph.At(exponent).dims.empty() && graph.Constant(exponent).As<float>()[0] == 2.0f;
}

}  // namespace

KernelList UnaryKernels() {
  return {{"", "Clip", Role::kBetween, SupportsClip, Make<Unary>},
          {"", "HardSigmoid", Role::kBetween, IsFloat, Make<Unary>},
          {"", "Sqrt", Role::kBetween, IsFloat, Make<Unary>},
          {"", "Pow", Role::kBetween, SupportsPow, Make<Unary>}};
}

}  // namespace isoquant_provider
