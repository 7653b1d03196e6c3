// Layer 5: operators of rows of floats: Softmax, LayerNormalization.
#include <algorithm>

#include "graph/attributes.h"
#include "isoquant/norm.h"
#include "isoquant/softmax.h"
#include "kernels/parameter.h"
#include "kernels/strided.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

// The axis of a node, counted from the front.
size_t AxisOf(const Graph& graph, const Node& node, int64_t otherwise) {
  const int64_t axis = IntOf(node, "axis", otherwise),
                rank = static_cast<int64_t>(graph.At(node.inputs[0]).dims.size());
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

// A tensor as rows: all dimensions from `axis` on are a row.
template <class T>
isoquant::MatrixView<T> AsRows(T* data, const Dims& dims, size_t axis) {
  return {data, Count(dims, 0, axis), Count(dims, axis, dims.size())};
}

// Of version 13 of ONNX: along any axis. Before, a row was all dimensions from the axis on.
bool IsOfRows(const Node& node) {
  int version = 0;
  Check(Api().Node_GetSinceVersion(node.ort, &version));
  return version < 13;
}

class Softmax final : public Kernel {
 public:
  Softmax(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        axis_(AxisOf(preparation.graph, node, IsOfRows(node) ? 1 : -1)),
        is_of_rows_(IsOfRows(node)) {}

  void Run(Frame& frame) const override {
    const Dims dims = frame.DimsOf(x_);
    isoquant::Context& context = frame.context();
    if (is_of_rows_ || axis_ + 1 == dims.size()) {
      const float* const x = frame.Plain<float>(x_);
      float* const y = frame.NewPlain<float>(y_, dims);
      Check(isoquant::Softmax(context, AsRows(x, dims, axis_), 1.0f, AsRows(y, dims, axis_)));
      return;
    }
    // The axis becomes the last one, and goes back. (In images of its channels it is that already.)
    const Lying from = AsItLies(frame, x_);
    const Strides strides = StridesOf(dims, from.is_image);
    Dims turned = dims;
    Strides turned_strides = strides;
    std::rotate(turned.begin() + static_cast<ptrdiff_t>(axis_), turned.begin() + static_cast<ptrdiff_t>(axis_) + 1,
                turned.end());
    std::rotate(turned_strides.begin() + static_cast<ptrdiff_t>(axis_),
                turned_strides.begin() + static_cast<ptrdiff_t>(axis_) + 1, turned_strides.end());
    const Strides of_rows = StridesOf(turned, false);
    float* const rows = frame.Scratch<float>(Count(dims));
    CopyStrided(context, turned, sizeof(float), from.data, turned_strides, rows, of_rows);
    const auto all = AsRows(rows, turned, turned.size() - 1);
    Check(isoquant::Softmax(context, all, 1.0f, all));
    void* const y = NewValue(frame, y_, kFloat, dims, from.is_image);
    CopyStrided(context, turned, sizeof(float), rows, of_rows, y, turned_strides);
  }

 private:
  int x_, y_;
  size_t axis_;
  bool is_of_rows_;
};

class LayerNormalization final : public Kernel {
 public:
  LayerNormalization(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        axis_(AxisOf(preparation.graph, node, -1)),
        epsilon_(node.domain == kFusedDomain ? node.parameter : FloatOf(node, "epsilon", 1e-5f)),
        weight_(preparation, node.Input(1)),
        bias_(preparation, node.Input(2)) {}

  void Run(Frame& frame) const override {
    const Dims dims = frame.DimsOf(x_);
    const float* const x = frame.Plain<float>(x_);
    const auto weight = weight_.Get(frame), bias = bias_.Get(frame);
    float* const y = frame.NewPlain<float>(y_, dims);
    Check(isoquant::LayerNorm(frame.context(), AsRows(x, dims, axis_), weight, bias, epsilon_, AsRows(y, dims, axis_)));
  }

 private:
  int x_, y_;
  size_t axis_;
  float epsilon_;
  Parameter<float> weight_, bias_;
};

bool SupportsSoftmax(const Graph& graph, const Node& node) {
  const Value& x = graph.At(node.inputs[0]);
  return x.type == kFloat && AxisOf(graph, node, IsOfRows(node) ? 1 : -1) < x.dims.size();
}

bool SupportsNorm(const Graph& graph, const Node& node) {
  const Value& x = graph.At(node.inputs[0]);
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNone) return false;  // mean and deviation, which training wants
  }
  const int bias = node.Input(2);
  return x.type == kFloat && !x.dims.empty() && AxisOf(graph, node, -1) < x.dims.size() &&
         IntOf(node, "stash_type", 1) == 1 && graph.At(node.inputs[1]).type == kFloat &&
         (bias == kNone || graph.At(bias).type == kFloat);
}

}  // namespace

KernelList RowKernels() {
  return {{"", "Softmax", Role::kFloat, SupportsSoftmax, Make<Softmax>},
          {"", "LayerNormalization", Role::kFloat, SupportsNorm, Make<LayerNormalization>},
          {kFusedDomain, kLayerNormalization, Role::kFloat, SupportsNorm, Make<LayerNormalization>}};
}

}  // namespace isoquant_provider
