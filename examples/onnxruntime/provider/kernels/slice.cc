// Layer 5: parts of tensors: Slice, Split.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "graph/attributes.h"
#include "kernels/integers.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

class Slice final : public Kernel {
 public:
  Slice(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        starts_(preparation, node, 1, "starts"),
        ends_(preparation, node, 2, "ends"),
        axes_(preparation, node, 3, "axes"),
        steps_(preparation, node, 4, "steps") {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    const Type type = frame.TypeOf(x_);
    const Lying from = AsItLies(frame, x_);
    Strides strides = StridesOf(x, from.is_image);
    Dims dims = x;
    ptrdiff_t first = 0;
    const auto starts = starts_.Get(frame), ends = ends_.Get(frame), steps = steps_.Get(frame);
    auto axes = axes_.Get(frame);
    if (axes_.is_absent()) {
      axes.resize(starts.size());
      std::iota(axes.begin(), axes.end(), int64_t{0});
    }
    if (ends.size() != starts.size() || axes.size() != starts.size())
      throw Error("starts, ends and axes differ in size");
    for (size_t i = 0; i < axes.size(); ++i) {
      const size_t axis = FromFront(axes[i], x.size());
      const int64_t size = x[axis], step = steps.empty() ? 1 : steps.at(i);
      if (step == 0) throw Error("a step is 0");
      if (size == 0) continue;
      const int64_t start = Clamp(starts[i], size, 0, step > 0 ? size : size - 1);
      const int64_t end = Clamp(ends[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      const int64_t distance = step > 0 ? end - start : start - end;
      const int64_t stride = step == std::numeric_limits<int64_t>::min() ? size : std::min(std::abs(step), size + 1);
      dims[axis] = distance <= 0 ? 0 : (distance + stride - 1) / stride;
      if (dims[axis] != 0) first += static_cast<ptrdiff_t>(start) * strides[axis];
      strides[axis] *= static_cast<ptrdiff_t>(step > 0 ? stride : -stride);
    }
    void* const to = NewValue(frame, y_, type, dims, from.is_image);
    CopyStrided(frame.context(), dims, BytesOf(type), ElementAt(from.data, first, type), strides, to,
                StridesOf(dims, from.is_image));
  }

 private:
  // An index, counted from the end if it is negative, within [low, high].
  static int64_t Clamp(int64_t index, int64_t size, int64_t low, int64_t high) {
    return std::max(low, std::min(index < 0 ? index + size : index, high));
  }

  int x_, y_;
  Integers starts_, ends_, axes_, steps_;
};

class Split final : public Kernel {
 public:
  Split(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs), axis_(IntOf(node, "axis", 0)), sizes_(preparation, node, 1, "split") {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    const size_t axis = FromFront(axis_, x.size());
    const Type type = frame.TypeOf(x_);
    const Lying from = AsItLies(frame, x_);
    const Strides strides = StridesOf(x, from.is_image);
    auto sizes = sizes_.Get(frame);
    if (sizes_.is_absent()) {  // parts of one size; the last one may be less
      const int64_t parts = static_cast<int64_t>(y_.size()), part = (x[axis] + parts - 1) / parts;
      for (int64_t i = 0; i < parts; ++i) sizes.push_back(std::max<int64_t>(0, std::min(part, x[axis] - i * part)));
    }
    int64_t sum = 0;
    for (const int64_t size : sizes) {
      if (size < 0) throw Error("a part is of a negative size");
      sum += size;
    }
    if (sizes.size() != y_.size() || sum != x[axis]) throw Error("the parts do not add up to the input");
    int64_t begin = 0;
    for (size_t i = 0; i < y_.size(); begin += sizes[i++]) {
      if (y_[i] == kNone) continue;
      Dims dims = x;
      dims[axis] = sizes[i];
      void* const to = NewValue(frame, y_[i], type, dims, from.is_image);
      const void* const part = ElementAt(from.data, static_cast<ptrdiff_t>(begin) * strides[axis], type);
      CopyStrided(frame.context(), dims, BytesOf(type), part, strides, to, StridesOf(dims, from.is_image));
    }
  }

 private:
  int x_;
  std::vector<int> y_;
  int64_t axis_;
  Integers sizes_;
};

bool Supports(const Graph& graph, const Node& node) {
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (!HasIntegers(graph, node, i)) return false;
  }
  return IsMovable(graph.At(node.inputs[0]).type);
}

}  // namespace

KernelList SliceKernels() {
  KernelList all;
  AddMove("Slice", Supports, Make<Slice>, all);
  AddMove("Split", Supports, Make<Split>, all);
  return all;
}

}  // namespace isoquant_provider
