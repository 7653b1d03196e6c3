// Layer 5: Add, Sub, Mul, Div of floats whose shapes are broadcast: each element is one operation of IEEE 754.
#include <algorithm>

#include "isoquant/add.h"
#include "kernels/not_a_number.h"
#include "kernels/strided.h"

namespace isoquant_provider {
namespace {

constexpr size_t kBlock = 4096;

void Compute(isoquant::Context& context, char operation, const float* a, const float* b, size_t count, float* y) {
  using Floats = isoquant::MatrixView<const float>;
  switch (operation) {
    case '+':
      return Check(isoquant::Add(context, Floats(a, 1, count), Floats(b, 1, count), {y, 1, count}));
    case '*':
      return Check(isoquant::Multiply(context, Floats(a, 1, count), Floats(b, 1, count), {y, 1, count}));
    case '-':
      for (size_t i = 0; i < count; ++i) y[i] = WithOneNan(a[i] - b[i]);
      return;
    default:
      for (size_t i = 0; i < count; ++i) y[i] = WithOneNan(a[i] / b[i]);
  }
}

class Binary final : public Kernel {
 public:
  Binary(Preparation& preparation, const Node& node)
      : operation_(node.op == "Add"   ? '+'
                   : node.op == "Sub" ? '-'
                   : node.op == "Mul" ? '*'
                                      : '/'),
        a_(node.inputs[0]),
        b_(node.inputs[1]),
        y_(node.outputs[0]) {
    preparation.Keep(a_);
    preparation.Keep(b_);
  }

  void Run(Frame& frame) const override {
    const Dims dims = BroadcastDims(frame.DimsOf(a_), frame.DimsOf(b_));
    const bool is_image =
        (frame.IsImageOnly(a_) && dims == frame.DimsOf(a_)) || (frame.IsImageOnly(b_) && dims == frame.DimsOf(b_));
    const Operand a = OperandOf(frame, a_, dims, is_image), b = OperandOf(frame, b_, dims, is_image);
    float* const y = is_image ? frame.NewImage<float>(y_, dims).data : frame.NewPlain<float>(y_, dims);
    frame.ForEachBlock(Count(dims), kBlock, [&](isoquant::Context& context, size_t begin, size_t count) {
      alignas(64) float of_a[kBlock], of_b[kBlock];
      Compute(context, operation_, At(a, begin, count, of_a), At(b, begin, count, of_b), count, y + begin);
    });
  }

 private:
  struct Operand {
    const float* data;
    bool is_number;
  };

  // As a number, or spread over `dims`.
  static Operand OperandOf(Frame& frame, int value, const Dims& dims, bool is_image) {
    const Dims own = frame.DimsOf(value);
    if (own == dims) return {is_image ? frame.Image<float>(value).data : frame.Plain<float>(value), false};
    if (Count(own) == 1) return {frame.Plain<float>(value), true};
    const Lying from = AsItLies(frame, value);
    float* const to = frame.Scratch<float>(Count(dims));
    CopyStrided(frame.context(), dims, sizeof(float), from.data,
                BroadcastStrides(own, StridesOf(own, from.is_image), dims.size()), to, StridesOf(dims, is_image));
    return {to, false};
  }

  // Elements from `begin` on; a number is written to `block` that often.
  static const float* At(const Operand& operand, size_t begin, size_t count, float* block) {
    if (!operand.is_number) return operand.data + begin;
    std::fill_n(block, count, *operand.data);
    return block;
  }

  char operation_;
  int a_, b_, y_;
};

bool Supports(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && graph.At(node.inputs[1]).type == kFloat;
}

}  // namespace

KernelList BinaryKernels() {
  KernelList all;
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) all.push_back({"", op, Role::kBetween, Supports, Make<Binary>});
  return all;
}

}  // namespace isoquant_provider
