// Layer 5: Transpose.
#include <numeric>

#include "graph/attributes.h"
#include "kernels/integers.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

class Transpose final : public Kernel {
 public:
  Transpose(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs[0]), order_(IntsOf(node, "perm", {})) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    std::vector<int64_t> order = order_;
    if (order.empty()) {
      order.resize(x.size());
      std::iota(order.rbegin(), order.rend(), int64_t{0});
    }
    if (order.size() != x.size()) throw Error("perm does not have the rank of the input");
    const Type type = frame.TypeOf(x_);
    const Lying from = AsItLies(frame, x_);
    const Strides strides = StridesOf(x, from.is_image);
    Dims dims;
    Strides turned;
    for (const int64_t axis : order) {
      dims.push_back(x[FromFront(axis, x.size())]);
      turned.push_back(strides[FromFront(axis, x.size())]);
    }
    const bool is_image = order == std::vector<int64_t>{0, 3, 1, 2};  // its pixels lie together as they are
    void* const to = NewValue(frame, y_, type, dims, is_image);
    CopyStrided(frame.context(), dims, BytesOf(type), from.data, turned, to, StridesOf(dims, is_image));
  }

 private:
  int x_, y_;
  std::vector<int64_t> order_;
};

bool Supports(const Graph& graph, const Node& node) { return IsMovable(graph.At(node.inputs[0]).type); }

}  // namespace

KernelList TransposeKernels() {
  KernelList all;
  AddMove("Transpose", Supports, Make<Transpose>, all);
  return all;
}

}  // namespace isoquant_provider
