// Layer 5: operators of one element: Relu, LeakyRelu, HardSwish, Sigmoid, Tanh, Gelu; Cast of sums.
#include "isoquant/activation.h"
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

// Of sums, to floats.
class Cast final : public Kernel {
 public:
  Cast(Preparation& preparation, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) { preparation.Keep(x_); }

  void Run(Frame& frame) const override {
    const isoquant::MatrixView<const int32_t> x = AllElements<int32_t>(frame, x_);
    float* const y = NewElements<float>(frame, x_, y_).data;
    frame.ForEachBlock(x.rows * x.cols, 65536, [&](isoquant::Context&, size_t begin, size_t count) {
      for (size_t i = begin; i < begin + count; ++i) y[i] = static_cast<float>(x.data[i]);
    });
  }

 private:
  int x_, y_;
};

bool SupportsActivation(const Graph& graph, const Node& node) { return graph.At(node.inputs[0]).type == kFloat; }
bool SupportsCast(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kInt32 && graph.At(node.outputs[0]).type == kFloat;
}

}  // namespace

KernelList ElementwiseKernels() {
  return {{"", "Cast", Role::kBetween, SupportsCast, Make<Cast>},
          {"", "Relu", Role::kBetween, SupportsActivation, Make<Activate>},
          {"", "Sigmoid", Role::kFloat, SupportsActivation, Make<Sigmoid>},
          {"", "Tanh", Role::kFloat, SupportsActivation, Make<Activate>},
          {"", "Gelu", Role::kFloat, SupportsActivation, Make<Activate>},
          {"", "HardSwish", Role::kBetween, SupportsActivation, Make<Activate>},
          {"", "LeakyRelu", Role::kBetween, SupportsActivation, Make<Activate>},
          {kFusedDomain, kGelu, Role::kFloat, SupportsActivation, Make<Activate>},
          {"com.microsoft", "Gelu", Role::kFloat, SupportsActivation, Make<Activate>}};
}

}  // namespace isoquant_provider
