// Layer 4: convolutions and matrix products in one form, whatever operators they were written with.
//
// A fused node of kFusedDomain has one of six operators: Conv or MatMul, to Sums, Bytes or Floats. With the exact sums
// t over (x - x_zero) (w - w_zero):
//   Sums    y = t                                                                 (ConvInteger, MatMulInteger)
//   Bytes   y = round(float(t + bias) * (x_scale * w_scale / y_scale)) + y_zero   (QLinearConv, QLinearMatMul)
//   Floats  y = activation(float(t) * (x_scale * w_scale) + bias) [+ residual]
#ifndef ISOQUANT_PROVIDER_MATCH_OPERANDS_H_
#define ISOQUANT_PROVIDER_MATCH_OPERANDS_H_

#include <cstddef>

#include "graph/graph.h"

namespace isoquant_provider {

// The places of inputs of fused nodes; kNone where one is absent.
enum Operand : size_t { kX, kXScale, kXZero, kW, kWScale, kWZero, kYScale, kYZero, kBias, kResidual, kNumOperands };

constexpr const char* kConvSums = "ConvSums";
constexpr const char* kConvBytes = "ConvBytes";
constexpr const char* kConvFloats = "ConvFloats";
constexpr const char* kMatMulSums = "MatMulSums";
constexpr const char* kMatMulBytes = "MatMulBytes";
constexpr const char* kMatMulFloats = "MatMulFloats";

// Concat along channels and DynamicQuantizeLinear, without the tensor between them: the inputs of the one, the outputs
// of the other.
constexpr const char* kConcatQuantize = "ConcatQuantize";

// Others are ONNX's operators by their own names, of 8-bit integers (qdq_moves.cc).
constexpr const char* kMaxPool = "MaxPool";
constexpr const char* kConcat = "Concat";

// y = quantise(clamp(activation(dequantise(a) [+ dequantise(b)]))), with a scale and a zero point each; and the same
// with a product in place of the sum. Shapes are broadcast.
constexpr const char* kElementsBytes = "ElementsBytes";
constexpr const char* kMultiplyBytes = "MultiplyBytes";
// The places of its inputs: of a, b and y the bytes (none of y), the scale, the zero point.
enum ElementOperand : size_t { kA = 0, kB = 3, kC = 6, kNumElementOperands = 9 };

// Of rows: x, weight, perhaps bias; epsilon is the node's parameter.
constexpr const char* kLayerNormalization = "LayerNormalization";

// Of one input and output, with the error function.
constexpr const char* kGelu = "Gelu";

// A fused node without inputs, with the name and the attributes of `node`.
inline Node MakeFused(const Node& node, const char* op) {
  Node fused;
  fused.domain = kFusedDomain;
  fused.op = op;
  fused.name = node.name;
  fused.ort = node.ort;
  fused.inputs.assign(kNumOperands, kNone);
  return fused;
}

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_MATCH_OPERANDS_H_
