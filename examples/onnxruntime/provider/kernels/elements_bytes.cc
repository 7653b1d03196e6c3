// Layer 5: Add, Mul, activations and limits of 8-bit integers, by way of floats, a block at a time: a block's floats
// stay in L1.
#include <algorithm>
#include <cmath>

#include "isoquant/add.h"
#include "isoquant/dequantize.h"
#include "isoquant/quantize.h"
#include "kernels/parameter.h"
#include "kernels/strided.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

constexpr size_t kBlock = 2048;

// Bytes in any form, and their rule.
struct Bytes {
  Type type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  const void* data = nullptr;
  float scale = 1.0f;
  int32_t zero = 0;

  void ToFloats(isoquant::Context& context, size_t begin, size_t count, float* to) const {
    const isoquant::MatrixView<float> floats(to, 1, count);
    if (type == kUint8) {
      const isoquant::MatrixView<const uint8_t> q(static_cast<const uint8_t*>(data) + begin, 1, count);
      Check(isoquant::Dequantize(context, q, scale, zero, floats));
    } else {
      const isoquant::MatrixView<const int8_t> q(static_cast<const int8_t*>(data) + begin, 1, count);
      Check(isoquant::Dequantize(context, q, scale, zero, floats));
    }
  }
};

class Elements final : public Kernel {
 public:
  Elements(Preparation& preparation, const Node& node)
      : a_(node.inputs[kA]),
        b_(node.inputs[kB]),
        y_(node.outputs[0]),
        type_(preparation.graph.At(y_).type),
        is_product_(node.op == kMultiplyBytes),
        activation_(node.activation),
        parameter_(node.parameter),
        min_(node.min),
        max_(node.max) {
    for (const size_t q : {kA, kB, kC}) {
      scales_.emplace_back(preparation, node.inputs[q + 1]);
      zeros_.emplace_back(preparation, node.inputs[q + 2]);
    }
    for (const int value : {a_, b_}) {
      if (value != kNone) preparation.Keep(value);
    }
  }

  void Run(Frame& frame) const override { type_ == kUint8 ? RunAs<uint8_t>(frame) : RunAs<int8_t>(frame); }

 private:
  // Spread over `dims`.
  Bytes BytesOf(Frame& frame, int value, size_t place, const Dims& dims, bool is_image) const {
    Bytes bytes;
    bytes.type = frame.TypeOf(value);
    const Dims own = frame.DimsOf(value);
    if (own != dims) {
      const Lying from = AsItLies(frame, value);
      uint8_t* const to = frame.Scratch<uint8_t>(Count(dims));
      CopyStrided(frame.context(), dims, 1, from.data,
                  BroadcastStrides(own, StridesOf(own, from.is_image), dims.size()), to, StridesOf(dims, is_image));
      bytes.data = to;
    } else if (bytes.type == kUint8) {
      bytes.data = is_image ? frame.Image<uint8_t>(value).data : frame.Plain<uint8_t>(value);
    } else {
      bytes.data = is_image ? frame.Image<int8_t>(value).data : frame.Plain<int8_t>(value);
    }
    bytes.scale = First(scales_[place].Get(frame), 1.0f);
    bytes.zero = First(zeros_[place].Get(frame), 0);
    return bytes;
  }

  template <class Y>
  void RunAs(Frame& frame) const {
    Dims dims = frame.DimsOf(a_);
    bool is_image = frame.IsImageOnly(a_);
    if (b_ != kNone) {
      dims = BroadcastDims(dims, frame.DimsOf(b_));
      is_image = (is_image && dims == frame.DimsOf(a_)) || (frame.IsImageOnly(b_) && dims == frame.DimsOf(b_));
    }
    const Bytes a = BytesOf(frame, a_, 0, dims, is_image);
    const Bytes b = b_ == kNone ? Bytes() : BytesOf(frame, b_, 1, dims, is_image);
    const float scale = First(scales_[2].Get(frame), 1.0f);
    const int32_t zero = First(zeros_[2].Get(frame), 0);
    Y* const y = is_image ? frame.NewImage<Y>(y_, dims).data : frame.NewPlain<Y>(y_, dims);
    frame.ForEachBlock(Count(dims), kBlock, [&](isoquant::Context& context, size_t begin, size_t count) {
      alignas(64) float x[kBlock], other[kBlock];
      const isoquant::MatrixView<float> floats(x, 1, count);
      a.ToFloats(context, begin, count, x);
      if (b_ != kNone) {
        b.ToFloats(context, begin, count, other);
        const isoquant::MatrixView<const float> others(other, 1, count);
        Check(is_product_ ? isoquant::Multiply(context, floats, others, floats)
                          : isoquant::Add(context, floats, others, floats));
      }
      if (activation_ != isoquant::Activation::kNone) {
        Check(isoquant::Activate(context, activation_, parameter_, floats, floats));
      }
      if (has_limits_) {
        for (size_t i = 0; i < count; ++i) x[i] = std::min(max_, std::max(min_, x[i]));
      }
      Check(isoquant::QuantizeLinear(context, floats, scale, zero, isoquant::MatrixView<Y>(y + begin, 1, count)));
    });
  }

  int a_, b_, y_;
  Type type_;
  bool is_product_;
  isoquant::Activation activation_;
  float parameter_, min_, max_;
  bool has_limits_ = std::isfinite(min_) || std::isfinite(max_);
  std::vector<Parameter<float>> scales_;
  std::vector<Parameter<int32_t>> zeros_;
};

bool Supports(const Graph& graph, const Node& node) {
  for (const size_t q : {kA, kB, kC}) {
    const int scale = node.inputs[q + 1];
    if (scale != kNone && graph.At(scale).type != kFloat) return false;
  }
  return true;
}

}  // namespace

KernelList ElementsBytesKernels() {
  return {{kFusedDomain, kElementsBytes, Role::kInteger, Supports, Make<Elements>},
          {kFusedDomain, kMultiplyBytes, Role::kInteger, Supports, Make<Elements>}};
}

}  // namespace isoquant_provider
