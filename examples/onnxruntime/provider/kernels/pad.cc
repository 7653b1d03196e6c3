// Layer 5: Pad.
#include <algorithm>
#include <numeric>

#include "graph/attributes.h"
#include "kernels/integers.h"
#include "kernels/parameter.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

// With a constant. A negative pad cuts off.
class Pad final : public Kernel {
 public:
  Pad(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        pads_(preparation, node, 1, "pads"),
        value_(preparation, node.Input(2)),
        axes_(preparation, node, 3, "axes"),
        otherwise_(node.domain == kFusedDomain ? node.parameter : FloatOf(node, "value", 0.0f)) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    const Type type = frame.TypeOf(x_);
    const auto pads = pads_.Get(frame);
    auto axes = axes_.Get(frame);
    if (axes_.is_absent()) {
      axes.resize(x.size());
      std::iota(axes.begin(), axes.end(), int64_t{0});
    }
    if (pads.size() != 2 * axes.size()) throw Error("pads has another size than two for each axis");
    const Lying from = AsItLies(frame, x_);
    Dims dims = x, kept = x;
    ptrdiff_t first = 0, first_to = 0;
    std::vector<int64_t> begins(x.size(), 0);
    for (size_t i = 0; i < axes.size(); ++i) {
      const size_t axis = FromFront(axes[i], x.size());
      const int64_t begin = pads[i], end = pads[i + axes.size()];
      dims[axis] = x[axis] + begin + end;
      if (dims[axis] < 0) throw Error("a pad cuts off more than there is");
      begins[axis] = begin;
      kept[axis] = std::max<int64_t>(0, x[axis] + std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0));
    }
    const Strides strides = StridesOf(x, from.is_image), to_strides = StridesOf(dims, from.is_image);
    for (size_t i = 0; i < x.size(); ++i) {
      first += static_cast<ptrdiff_t>(std::max<int64_t>(0, -begins[i])) * strides[i];
      first_to += static_cast<ptrdiff_t>(std::max<int64_t>(0, begins[i])) * to_strides[i];
    }
    void* const to = NewValue(frame, y_, type, dims, from.is_image);
    const float value = First(value_.Get(frame), otherwise_);
    ForType(type, [&](auto zero) {
      using T = decltype(zero);
      const T element = static_cast<T>(value);
      CopyStrided(frame.context(), dims, sizeof(T), &element, Strides(dims.size(), 0), to, to_strides);
      CopyStrided(frame.context(), kept, sizeof(T), ElementAt(from.data, first, type), strides,
                  static_cast<T*>(to) + first_to, to_strides);
    });
  }

 private:
  int x_, y_;
  Integers pads_;
  Parameter<float> value_;
  Integers axes_;
  float otherwise_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Type type = graph.At(node.inputs[0]).type;
  const int value = node.Input(2);
  return (type == kFloat || IsByte(type)) && (value == kNone || graph.At(value).type == type) &&
         StringOf(node, "mode", "constant") == "constant" && HasIntegers(graph, node, 1) && HasIntegers(graph, node, 3);
}

}  // namespace

KernelList PadKernels() {
  KernelList all;
  AddMove("Pad", Supports, Make<Pad>, all);
  return all;
}

}  // namespace isoquant_provider
