// Layer 5: Gather: slices along an axis, by their numbers.
#include <cstring>
#include <string>

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "kernels/integers.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

class Gather final : public Kernel {
 public:
  Gather(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs[0]), axis_(IntOf(node, "axis", 0)), indices_(preparation, node, 1, "") {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    const size_t place = FromFront(axis_, x.size());
    const AxisView axis(x, static_cast<int64_t>(place));
    const Dims& picked = indices_.DimsOf(frame);
    Dims dims(x.begin(), x.begin() + static_cast<ptrdiff_t>(place));
    dims.insert(dims.end(), picked.begin(), picked.end());
    dims.insert(dims.end(), x.begin() + static_cast<ptrdiff_t>(place) + 1, x.end());
    const std::vector<int64_t> indices = indices_.Get(frame);
    const int64_t size = static_cast<int64_t>(axis.size);
    for (const int64_t index : indices) {
      if (index < -size || index >= size) {
        throw Error("an index is " + std::to_string(index) + ", the axis has " + std::to_string(size));
      }
    }
    ForType(frame.TypeOf(x_), [&](auto zero) {
      using T = decltype(zero);
      const T* from = frame.Plain<T>(x_);
      T* to = frame.NewPlain<T>(y_, dims);
      if (axis.inner == 0) return;
      for (size_t i = 0; i < axis.outer; ++i, from += axis.size * axis.inner) {
        for (const int64_t index : indices) {
          const size_t block = static_cast<size_t>(index < 0 ? index + size : index);
          std::memcpy(to, from + block * axis.inner, axis.inner * sizeof(T));
          to += axis.inner;
        }
      }
    });
  }

 private:
  int x_, y_;
  int64_t axis_;
  Integers indices_;
};

bool Supports(const Graph& graph, const Node& node) {
  return HasIntegers(graph, node, 1) && IsMovable(graph.At(node.inputs[0]).type);
}

}  // namespace

KernelList GatherKernels() {
  KernelList all;
  AddMove("Gather", Supports, Make<Gather>, all);
  return all;
}

}  // namespace isoquant_provider
