#include "kernels/product.h"

#include <string>

#include "isoquant/quantize.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

bool EndsWith(const std::string& text, const char* end) {
  const std::string suffix = end;
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

ProductOutput::Kind KindOf(const Graph& graph, const Node& node) {
  if (EndsWith(node.op, "Sums")) return ProductOutput::Kind::kSums;
  if (EndsWith(node.op, "Floats")) return ProductOutput::Kind::kFloats;
  return graph.At(node.outputs[0]).type == kUint8 ? ProductOutput::Kind::kUint8 : ProductOutput::Kind::kInt8;
}

}  // namespace

ProductOutput::ProductOutput(Preparation& preparation, const Node& node)
    : kind_(KindOf(preparation.graph, node)),
      x_scale_(preparation, node.inputs[kXScale]),
      w_scale_(preparation, node.inputs[kWScale]),
      y_scale_(preparation, node.inputs[kYScale]),
      x_zero_(preparation, node.inputs[kXZero]),
      w_zero_(preparation, node.inputs[kWZero]),
      y_zero_(preparation, node.inputs[kYZero]),
      float_bias_(preparation, kind_ == Kind::kFloats ? node.inputs[kBias] : kNone),
      bias_(preparation, kind_ == Kind::kFloats ? kNone : node.inputs[kBias]),
      residual_(node.inputs[kResidual]),
      activation_(node.activation),
      parameter_(node.parameter),
      min_(node.min),
      max_(node.max) {}

isoquant::ZeroPoints ProductOutput::ZerosOf(Frame& frame) const { return {x_zero_.Get(frame), w_zero_.Get(frame)}; }

template <class Y>
isoquant::Requantization ProductOutput::BytesOf(Frame& frame) const {
  const auto w_scales = w_scale_.Get(frame);
  float* const scales = frame.Scratch<float>(w_scales.size);
  const float x_scale = First(x_scale_.Get(frame), 1.0f), y_scale = First(y_scale_.Get(frame), 1.0f);
  Check(isoquant::MakeRequantizationScales(x_scale, w_scales, y_scale, {scales, w_scales.size}));
  isoquant::Requantization requantization;
  requantization.scales = {scales, w_scales.size};
  requantization.bias = bias_.Get(frame);
  requantization.a_zero_points = x_zero_.Get(frame);
  requantization.b_zero_points = w_zero_.Get(frame);
  requantization.zero_point = First(y_zero_.Get(frame), 0);
  // Limits go through QuantizeLinear, as what they limit would; infinite ones become those of the type.
  const bool is_relu = activation_ == isoquant::Activation::kRelu;
  const float limits[2] = {is_relu && min_ < 0.0f ? 0.0f : min_, is_relu && max_ < 0.0f ? 0.0f : max_};
  Y bytes[2] = {};
  Check(isoquant::QuantizeLinear(frame.context(), {limits, 1, 2}, y_scale > 0.0f ? y_scale : 1.0f,
                                 requantization.zero_point, isoquant::MatrixView<Y>(bytes, 1, 2)));
  requantization.min = bytes[0];
  requantization.max = bytes[1];
  return requantization;
}
template isoquant::Requantization ProductOutput::BytesOf<uint8_t>(Frame& frame) const;
template isoquant::Requantization ProductOutput::BytesOf<int8_t>(Frame& frame) const;

isoquant::VectorView<float> ProductOutput::Scales(Frame& frame) const {
  const auto w_scales = w_scale_.Get(frame);
  float* const scales = frame.Scratch<float>(w_scales.size);
  Check(isoquant::MakeRequantizationScales(First(x_scale_.Get(frame), 1.0f), w_scales, 1.0f, {scales, w_scales.size}));
  return {scales, w_scales.size};
}

isoquant::Dequantization ProductOutput::FloatsOf(Frame& frame) const {
  static constexpr float kOne = 1.0f;
  isoquant::Dequantization dequantization;
  dequantization.row_scales = {&kOne, 1};  // exact: the product of both scales is one rounding, as the graph has it
  dequantization.column_scales = Scales(frame);
  dequantization.row_zero_points = x_zero_.Get(frame);
  dequantization.column_zero_points = w_zero_.Get(frame);
  dequantization.bias = float_bias_.Get(frame);
  dequantization.activation = activation_;
  dequantization.activation_parameter = parameter_;
  dequantization.min = min_;
  dequantization.max = max_;
  return dequantization;
}

bool SupportsProduct(const Graph& graph, const Node& node) {
  const auto type_is = [&](int value, Type type) { return value == kNone || graph.At(value).type == type; };
  const bool is_float = EndsWith(node.op, "Floats"), is_sums = EndsWith(node.op, "Sums");
  const int y = node.outputs[0], w_zero = node.inputs[kWZero], w_scale = node.inputs[kWScale];
  return IsByte(graph.At(node.inputs[kX]).type) && IsByte(graph.At(node.inputs[kW]).type) &&
         (is_float  ? type_is(y, kFloat)
          : is_sums ? type_is(y, kInt32)
                    : IsByte(graph.At(y).type)) &&
         type_is(node.inputs[kXScale], kFloat) && type_is(w_scale, kFloat) && type_is(node.inputs[kYScale], kFloat) &&
         type_is(node.inputs[kBias], is_float ? kFloat : kInt32) && IsVector(graph, w_zero) &&
         (is_float || IsVector(graph, w_scale)) && IsOneNumber(graph, node.inputs[kYScale]) &&
         IsOneNumber(graph, node.inputs[kYZero]);
}

TensorRef RuntimeTensor(Frame& frame, int value) {
  const Type type = frame.TypeOf(value);
  const void* const data = type == kUint8 ? static_cast<const void*>(frame.Plain<uint8_t>(value))
                                          : static_cast<const void*>(frame.Plain<int8_t>(value));
  return {type, frame.DimsOf(value), data};
}

}  // namespace isoquant_provider
