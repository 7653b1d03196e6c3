// Layer 5: QuantizeLinear and DequantizeLinear of 16-bit integers.
#include <algorithm>
#include <limits>

#include "graph/attributes.h"
#include "kernels/axis.h"
#include "kernels/parameter.h"

namespace isoquant_provider {
namespace {

constexpr size_t kBlock = 16384;

// The nearest integer, ties to even, of a number whose size is below 2^22. (The sum is rounded where its last bit
// is 1.)
float Round(float x) {
  constexpr float kShift = 12582912.0f;
  return (x + kShift) - kShift;
}

// Scales and zero points: of all elements, or by their places along an axis.
class Rules {
 public:
  Rules(const Preparation& preparation, const Node& node)
      : axis_(IntOf(node, "axis", 1)), scale_(preparation, node.inputs[1]), zero_(preparation, node.Input(2)) {}

  // Calls f(begin, end, scale, zero) for parts of all elements of `dims` that have one rule.
  template <class F>
  void ForEachPart(Frame& frame, const Dims& dims, const F& f) const {
    const auto scales = scale_.Get(frame);
    const auto zeros = zero_.Get(frame);
    const size_t total = Count(dims);
    if (scales.size == 1) {
      frame.ForEachBlock(total, kBlock, [&](isoquant::Context&, size_t begin, size_t count) {
        f(begin, begin + count, scales.data[0], First(zeros, 0));
      });
      return;
    }
    const AxisView axis(dims, axis_);
    axis.CheckSize("the scale", scales.size);
    for (size_t i = 0; axis.inner != 0 && i < total / axis.inner; ++i) {
      const size_t place = i % axis.size;
      f(i * axis.inner, (i + 1) * axis.inner, scales.data[place], zeros.size > 1 ? zeros.data[place] : First(zeros, 0));
    }
  }

 private:
  int64_t axis_;
  Parameter<float> scale_;
  Parameter<int32_t> zero_;
};

class Quantize16 final : public Kernel {
 public:
  Quantize16(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs[0]), type_(preparation.graph.At(y_).type), rules_(preparation, node) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override { type_ == kUint16 ? RunAs<uint16_t>(frame) : RunAs<int16_t>(frame); }

 private:
  template <class Q>
  void RunAs(Frame& frame) const {
    const Dims dims = frame.DimsOf(x_);
    const float* const x = frame.Plain<float>(x_);
    Q* const y = frame.NewPlain<Q>(y_, dims);
    rules_.ForEachPart(frame, dims, [&](size_t begin, size_t end, float scale, int32_t zero) {
      const float low = static_cast<float>(int32_t{std::numeric_limits<Q>::min()} - zero);
      const float high = static_cast<float>(int32_t{std::numeric_limits<Q>::max()} - zero);
      for (size_t i = begin; i < end; ++i) {
        const float q = Round(std::min(std::max(low, x[i] / scale), high));
        y[i] = static_cast<Q>(static_cast<int32_t>(q) + zero);
      }
    });
  }

  int x_, y_;
  Type type_;
  Rules rules_;
};

class Dequantize16 final : public Kernel {
 public:
  Dequantize16(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), y_(node.outputs[0]), rules_(preparation, node) {
    preparation.Keep(x_);
  }

  void Run(Frame& frame) const override {
    frame.TypeOf(x_) == kUint16 ? RunAs<uint16_t>(frame) : RunAs<int16_t>(frame);
  }

 private:
  template <class Q>
  void RunAs(Frame& frame) const {
    const Dims dims = frame.DimsOf(x_);
    const Q* const x = frame.Plain<Q>(x_);
    float* const y = frame.NewPlain<float>(y_, dims);
    rules_.ForEachPart(frame, dims, [&](size_t begin, size_t end, float scale, int32_t zero) {
      for (size_t i = begin; i < end; ++i) y[i] = static_cast<float>(int32_t{x[i]} - zero) * scale;
    });
  }

  int x_, y_;
  Rules rules_;
};

bool HasRules(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[1]).type == kFloat && IsVector(graph, node.inputs[1]) &&
         IntOf(node, "block_size", 0) == 0;
}
bool Is16(Type type) { return type == kUint16 || type == kInt16; }
bool SupportsQuantize(const Graph& graph, const Node& node) {
  return graph.At(node.inputs[0]).type == kFloat && Is16(graph.At(node.outputs[0]).type) && HasRules(graph, node);
}
bool SupportsDequantize(const Graph& graph, const Node& node) {
  return Is16(graph.At(node.inputs[0]).type) && graph.At(node.outputs[0]).type == kFloat && HasRules(graph, node);
}

}  // namespace

KernelList SixteenBitKernels() {
  return {{"", "QuantizeLinear", Role::kInteger, SupportsQuantize, Make<Quantize16>},
          {"", "DequantizeLinear", Role::kInteger, SupportsDequantize, Make<Dequantize16>}};
}

}  // namespace isoquant_provider
