// Layer 5: operators of single floats: Relu, LeakyRelu, Sigmoid, Tanh, Gelu, and Add of tensors of one shape.
#include "isoquant/activation.h"
#include "isoquant/add.h"
#include "isoquant/rational_sigmoid.h"
#include "kernels/axis.h"
#include "match/activations.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

class Activate final : public Kernel {
 public:
  Activate(Preparation& preparation, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) {
    FindActivation(node, activation_, parameter_);
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const isoquant::MatrixView<const float> x = AllElements(frame, x_);
    Check(isoquant::Activate(frame.context(), activation_, parameter_, x, NewElements<float>(frame, x_, y_)));
  }

 private:
  int x_, y_;
  isoquant::Activation activation_ = isoquant::Activation::kNone;
  float parameter_ = 0.0f;
};

// With ONNX Runtime's bits.
class Sigmoid final : public Kernel {
 public:
  Sigmoid(Preparation& preparation, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const isoquant::MatrixView<const float> x = AllElements(frame, x_);
    Check(isoquant::RationalSigmoid(frame.context(), x, NewElements<float>(frame, x_, y_)));
  }

 private:
  int x_, y_;
};

class Add final : public Kernel {
 public:
  Add(Preparation& preparation, const Node& node) : a_(node.inputs[0]), b_(node.inputs[1]), y_(node.outputs[0]) {
    preparation.Keep(a_);
    preparation.Keep(b_);
  }

  void Run(Frame& frame) const override {
    const Dims dims = frame.DimsOf(a_);
    if (dims != frame.DimsOf(b_)) throw Error("the shapes of both inputs differ");
    const bool is_image = frame.IsImageOnly(a_) || frame.IsImageOnly(b_);
    const size_t count = Count(dims);
    const float* const a = is_image ? frame.Image<float>(a_).data : frame.Plain<float>(a_);
    const float* const b = is_image ? frame.Image<float>(b_).data : frame.Plain<float>(b_);
    float* const y = is_image ? frame.NewImage<float>(y_, dims).data : frame.NewPlain<float>(y_, dims);
    Check(isoquant::Add(frame.context(), InRows(a, count), InRows(b, count), InRows(y, count)));
  }

 private:
  int a_, b_, y_;
};

bool SupportsActivation(const Graph& graph, const Node& node) { return graph.At(node.inputs[0]).type == kFloat; }
bool SupportsAdd(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && graph.SameShape(node.inputs[0], node.inputs[1]);
}

}  // namespace

KernelList ElementwiseKernels() {
  return {{"", "Add", Role::kBetween, SupportsAdd, Make<Add>},
          {"", "Relu", Role::kBetween, SupportsActivation, Make<Activate>},
          {"", "Sigmoid", Role::kFloat, SupportsActivation, Make<Sigmoid>},
          {"", "Tanh", Role::kFloat, SupportsActivation, Make<Activate>},
          {"", "Gelu", Role::kFloat, SupportsActivation, Make<Activate>},
          {"", "LeakyRelu", Role::kBetween, SupportsActivation, Make<Activate>},
          {kFusedDomain, kGelu, Role::kFloat, SupportsActivation, Make<Activate>},
          {"com.microsoft", "Gelu", Role::kFloat, SupportsActivation, Make<Activate>}};
}

}  // namespace isoquant_provider
