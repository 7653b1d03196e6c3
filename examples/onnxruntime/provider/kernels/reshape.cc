// Layer 5: operators that give a tensor other dimensions: Reshape, Flatten, Squeeze, Unsqueeze. (Between regions that
// are images its elements may turn round all the same.)
#include <algorithm>

#include "graph/attributes.h"
#include "kernels/integers.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

class Reform : public Kernel {
 public:
  Reform(Preparation& preparation, const Node& node) : x_(node.inputs[0]), y_(node.outputs[0]) { preparation.Keep(x_); }

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_), dims = NewDims(frame, x);
    if (Count(x) != Count(dims)) throw Error("the new shape has another number of elements");
    const Type type = frame.TypeOf(x_);
    // Into one row: out of an image, they are turned on the way.
    const Lying from = AsItLies(frame, x_);
    CopyStrided(frame.context(), x, BytesOf(type), from.data, StridesOf(x, from.is_image),
                NewValue(frame, y_, type, dims, false), StridesOf(x, false));
  }

 private:
  virtual Dims NewDims(Frame& frame, const Dims& x) const = 0;

  int x_, y_;
};

class Reshape final : public Reform {
 public:
  Reshape(Preparation& preparation, const Node& node)
      : Reform(preparation, node),
        shape_(preparation, node, 1, "shape"),
        keeps_zeros_(IntOf(node, "allowzero", 0) != 0) {}

 private:
  Dims NewDims(Frame& frame, const Dims& x) const override {
    Dims dims = shape_.Get(frame);
    size_t known = 1;
    auto open = dims.end();
    for (auto dim = dims.begin(); dim != dims.end(); ++dim) {
      const size_t place = static_cast<size_t>(dim - dims.begin());
      if (*dim == 0 && !keeps_zeros_) *dim = x.at(place);
      if (*dim < -1 || (*dim == -1 && open != dims.end())) throw Error("the new shape has two open dimensions");
      if (*dim == -1) {
        open = dim;
      } else {
        known *= static_cast<size_t>(*dim);
      }
    }
    if (open != dims.end()) {
      if (known == 0) throw Error("the new shape has an open dimension, and one of 0");
      *open = static_cast<int64_t>(Count(x) / known);
    }
    return dims;
  }

  Integers shape_;
  bool keeps_zeros_;
};

class Flatten final : public Reform {
 public:
  Flatten(Preparation& preparation, const Node& node) : Reform(preparation, node), axis_(IntOf(node, "axis", 1)) {}

 private:
  Dims NewDims(Frame&, const Dims& x) const override {
    const size_t rank = x.size(), axis = axis_ == static_cast<int64_t>(rank) ? rank : FromFront(axis_, rank);
    return {static_cast<int64_t>(Count(x, 0, axis)), static_cast<int64_t>(Count(x, axis, rank))};
  }

  int64_t axis_;
};

class Squeeze final : public Reform {
 public:
  Squeeze(Preparation& preparation, const Node& node)
      : Reform(preparation, node), axes_(preparation, node, 1, "axes") {}

 private:
  Dims NewDims(Frame& frame, const Dims& x) const override {
    std::vector<bool> goes(x.size());
    for (const int64_t axis : axes_.Get(frame)) goes[FromFront(axis, x.size())] = true;
    Dims dims;
    for (size_t i = 0; i < x.size(); ++i) {
      if (goes[i] && x[i] != 1) throw Error("a dimension that goes is not 1");
      if (axes_.is_absent() ? x[i] != 1 : !goes[i]) dims.push_back(x[i]);
    }
    return dims;
  }

  Integers axes_;
};

class Unsqueeze final : public Reform {
 public:
  Unsqueeze(Preparation& preparation, const Node& node)
      : Reform(preparation, node), axes_(preparation, node, 1, "axes") {}

 private:
  Dims NewDims(Frame& frame, const Dims& x) const override {
    const std::vector<int64_t> axes = axes_.Get(frame);
    const size_t rank = x.size() + axes.size();
    std::vector<bool> comes(rank);
    for (const int64_t axis : axes) comes[FromFront(axis, rank)] = true;
    Dims dims;
    auto next = x.begin();
    for (size_t i = 0; i < rank; ++i) {
      if (!comes[i] && next == x.end()) throw Error("an axis is named twice");
      dims.push_back(comes[i] ? 1 : *next++);
    }
    return dims;
  }

  Integers axes_;
};

bool Supports(const Graph& graph, const Node& node) {
  return IsMovable(graph.At(node.inputs[0]).type) && HasIntegers(graph, node, 1);
}

}  // namespace

KernelList ReshapeKernels() {
  KernelList all;
  AddMove("Reshape", Supports, Make<Reshape>, all);
  AddMove("Flatten", Supports, Make<Flatten>, all);
  AddMove("Squeeze", Supports, Make<Squeeze>, all);
  AddMove("Unsqueeze", Supports, Make<Unsqueeze>, all);
  return all;
}

}  // namespace isoquant_provider
