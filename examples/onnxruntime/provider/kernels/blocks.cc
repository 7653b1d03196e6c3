// Layer 5: DequantizeLinear with a scale for each block of elements along an axis.
#include <algorithm>

#include "graph/attributes.h"
#include "isoquant/dequantize.h"
#include "kernels/axis.h"
#include "kernels/integers.h"

namespace isoquant_provider {
namespace {

class DequantizeBlocks final : public Kernel {
 public:
  DequantizeBlocks(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]),
        scale_(node.inputs[1]),
        zero_(node.Input(2)),
        y_(node.outputs[0]),
        axis_(IntOf(node, "axis", 1)),
        block_(static_cast<size_t>(IntOf(node, "block_size", 0))) {
    for (const int value : {x_, scale_, zero_}) {
      if (value != kNone) preparation.Keep(value);
    }
  }

  void Run(Frame& frame) const override { frame.TypeOf(x_) == kUint8 ? RunAs<uint8_t>(frame) : RunAs<int8_t>(frame); }

 private:
  // A block of the axis and all that is behind it is a matrix, whose columns have a scale each.
  template <class Q>
  void RunAs(Frame& frame) const {
    const Dims dims = frame.DimsOf(x_);
    const AxisView axis(dims, axis_);
    const size_t blocks = (axis.size + block_ - 1) / block_, inner = axis.inner;
    Dims expected = dims;
    expected[FromFront(axis_, dims.size())] = static_cast<int64_t>(blocks);
    if (frame.DimsOf(scale_) != expected || (zero_ != kNone && frame.DimsOf(zero_) != expected)) {
      throw Error("x_scale or x_zero_point does not have the shape of the blocks");
    }
    const Q* x = frame.Plain<Q>(x_);
    const float* scales = frame.Plain<float>(scale_);
    const Q* zeros = zero_ == kNone ? nullptr : frame.Plain<Q>(zero_);
    float* y = frame.NewPlain<float>(y_, dims);
    std::vector<int32_t> wide(inner, 0);
    for (size_t i = 0; i < axis.outer * blocks; ++i, scales += inner) {
      const size_t rows = std::min(block_, axis.size - i % blocks * block_);
      if (zeros != nullptr) {
        std::copy_n(zeros, inner, wide.begin());
        zeros += inner;
      }
      Check(isoquant::DequantizeColumns(frame.context(), isoquant::MatrixView<const Q>(x, rows, inner), {scales, inner},
                                        {wide.data(), wide.size()}, isoquant::MatrixView<float>(y, rows, inner)));
      x += rows * inner;
      y += rows * inner;
    }
  }

  int x_, scale_, zero_, y_;
  int64_t axis_;
  size_t block_;
};

// Weights of products stay ONNX Runtime's, which multiplies such weights without the floats between.
bool Supports(const Graph& graph, const Node& node) {
  const Value &x = graph.At(node.inputs[0]), &scale = graph.At(node.inputs[1]), &y = graph.At(node.outputs[0]);
  const int zero = node.Input(2);
  const bool is_weight = std::any_of(y.consumers.begin(), y.consumers.end(), [&](int consumer) {
    return graph.NodeAt(consumer).Is("MatMul") || graph.NodeAt(consumer).Is("Gemm");
  });
  return IsByte(x.type) && scale.type == kFloat && y.type == kFloat && !x.dims.empty() &&
         scale.dims.size() == x.dims.size() && (zero == kNone || graph.At(zero).type == x.type) && !is_weight &&
         IntOf(node, "block_size", 0) > 0;
}

}  // namespace

KernelList BlockKernels() { return {{"", "DequantizeLinear", Role::kInteger, Supports, Make<DequantizeBlocks>}}; }

}  // namespace isoquant_provider
