// Layer 5: Concat: tensors one behind the other along an axis.
#include <cstring>

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

class Concat final : public Kernel {
 public:
  Concat(Preparation& preparation, const Node& node)
      : x_(node.inputs), y_(node.outputs[0]), axis_(IntOf(node, "axis", 0)) {
    for (const int x : x_) preparation.Keep(x);
  }

  void Run(Frame& frame) const override {
    switch (frame.TypeOf(x_[0])) {
      case kUint8:
        return RunAs<uint8_t>(frame);
      case kInt8:
        return RunAs<int8_t>(frame);
      default:
        return RunAs<float>(frame);
    }
  }

 private:
  template <class T>
  void RunAs(Frame& frame) const {
    Dims dims = frame.DimsOf(x_[0]);
    const size_t axis = static_cast<size_t>(axis_ < 0 ? axis_ + static_cast<int64_t>(dims.size()) : axis_);
    dims.at(axis) = 0;
    bool is_image = axis == 1;
    for (const int x : x_) {
      dims[axis] += frame.DimsOf(x).at(axis);
      Dims other = frame.DimsOf(x);
      other[axis] = dims[axis];
      if (other != dims) throw Error("the shapes of two inputs differ in more than the axis");
      is_image = is_image && (frame.IsImageOnly(x) || frame.IsImageOnly(x_[0]));
    }
    // Channels of an image are the last dimension of its pixels.
    const AxisView plain(dims, static_cast<int64_t>(axis));
    const size_t outer = is_image ? plain.outer * plain.inner : plain.outer, inner = is_image ? 1 : plain.inner;
    T* const y = is_image ? frame.NewImage<T>(y_, dims).data : frame.NewPlain<T>(y_, dims);
    const size_t step = plain.size * inner;
    size_t place = 0;
    for (const int x : x_) {
      const T* const from = is_image ? frame.Image<T>(x).data : frame.Plain<T>(x);
      const size_t size = Count(frame.DimsOf(x), axis, axis + 1) * inner;
      CopyBlocks(frame.context(), from, outer, size, y + place, step);
      place += size;
    }
  }

  // `outer` blocks of `size` elements, from one behind the other to a distance of `step`.
  template <class T>
  static void CopyBlocks(isoquant::Context& context, const T* from, size_t outer, size_t size, T* to, size_t step) {
    const size_t tasks = outer * size < 65536 ? 1 : std::min(outer, context.NumWorkers());
    const auto copy = [&](size_t task, size_t) {
      for (size_t i = outer * task / tasks; i < outer * (task + 1) / tasks; ++i) {
        std::memcpy(to + i * step, from + i * size, size * sizeof(T));
      }
    };
    if (size != 0) context.Run(tasks, isoquant::TaskRef(copy));
  }

  std::vector<int> x_;
  int y_;
  int64_t axis_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Type type = graph.At(node.inputs[0]).type;
  for (const int x : node.inputs) {
    if (x == kNone || graph.At(x).type != type) return false;
  }
  return (type == kFloat || IsByte(type)) && !graph.At(node.inputs[0]).dims.empty();
}

}  // namespace

KernelList ConcatKernels() {
  return {{"", "Concat", Role::kBetween, Supports, Make<Concat>},
          {kFusedDomain, kConcat, Role::kInteger, Supports, Make<Concat>}};
}

}  // namespace isoquant_provider
