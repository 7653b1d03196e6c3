// Layer 5: ReduceMean.
#include <algorithm>

#include "graph/attributes.h"
#include "isoquant/vector.h"
#include "kernels/integers.h"
#include "kernels/not_a_number.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

class ReduceMean final : public Kernel {
 public:
  ReduceMean(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        y_(node.outputs[0]),
        keeps_rank_(IntOf(node, "keepdims", 1) != 0),
        axes_(preparation, node, 1, "axes") {}

  void Run(Frame& frame) const override {
    const Dims x = frame.DimsOf(x_);
    const std::vector<int64_t> axes = axes_.Get(frame);
    std::vector<bool> goes(x.size(), axes.empty());
    for (const int64_t axis : axes) goes[FromFront(axis, x.size())] = true;
    // Those that go become the last ones.
    const Lying from = AsItLies(frame, x_);
    const Strides strides = StridesOf(x, from.is_image);
    Dims dims, kept, gone;
    Strides turned, gone_strides;
    for (size_t i = 0; i < x.size(); ++i) {
      (goes[i] ? gone : kept).push_back(x[i]);
      (goes[i] ? gone_strides : turned).push_back(strides[i]);
      if (!goes[i] || keeps_rank_) dims.push_back(goes[i] ? 1 : x[i]);
    }
    const size_t rows = Count(kept), size = Count(gone);
    kept.insert(kept.end(), gone.begin(), gone.end());
    turned.insert(turned.end(), gone_strides.begin(), gone_strides.end());
    const Strides of_rows = StridesOf(kept, false);
    const float* data = static_cast<const float*>(from.data);
    if (turned != of_rows) {
      float* const copy = frame.Scratch<float>(rows * size);
      CopyStrided(frame.context(), kept, sizeof(float), data, turned, copy, of_rows);
      data = copy;
    }
    float* const y = frame.NewPlain<float>(y_, dims);
    const auto mean = [&](isoquant::Context& context, size_t begin, size_t count) {
      for (size_t i = begin; i < begin + count; ++i) {
        float sum = 0.0f;
        Check(isoquant::ReduceSum(context, {data + i * size, size}, sum));
        y[i] = WithOneNan(sum / static_cast<float>(size));
      }
    };
    frame.ForEachBlock(rows, std::max<size_t>(1, 4096 / (size + 1)), mean);
  }

 private:
  int x_, y_;
  bool keeps_rank_;
  Integers axes_;
};

bool Supports(const Graph& graph, const Node& node) {
  const Value& x = graph.At(node.inputs[0]);
  return x.type == kFloat && HasIntegers(graph, node, 1) && IntOf(node, "noop_with_empty_axes", 0) == 0;
}

}  // namespace

KernelList MeanKernels() { return {{"", "ReduceMean", Role::kBetween, Supports, Make<ReduceMean>}}; }

}  // namespace isoquant_provider
