// Layer 5: what becomes of the sums of a fused convolution or matrix product (match/operands.h).
#ifndef ISOQUANT_PROVIDER_KERNELS_PRODUCT_H_
#define ISOQUANT_PROVIDER_KERNELS_PRODUCT_H_

#include "isoquant/dequantize.h"
#include "isoquant/matmul.h"
#include "isoquant/requantize.h"
#include "kernels/parameter.h"

namespace isoquant_provider {

class ProductOutput {
 public:
  enum class Kind : uint8_t { kSums, kUint8, kInt8, kFloats };

  ProductOutput(Preparation& preparation, const Node& node);

  Kind kind() const { return kind_; }
  int residual() const { return residual_; }

  // The parameters of Isoquant's functions. They view memory of this object and of `frame`, until the end of the step.
  isoquant::ZeroPoints ZerosOf(Frame& frame) const;
  template <class Y>
  isoquant::Requantization BytesOf(Frame& frame) const;
  isoquant::Dequantization FloatsOf(Frame& frame) const;

 private:
  // x_scale * w_scale in the memory of the frame, one for each element of w_scale.
  isoquant::VectorView<float> Scales(Frame& frame) const;

  Kind kind_;
  Parameter<float> x_scale_, w_scale_, y_scale_;
  Parameter<int32_t> x_zero_, w_zero_, y_zero_;
  Parameter<float> float_bias_;
  Parameter<int32_t> bias_;
  int residual_;
  isoquant::Activation activation_;
  float parameter_, min_, max_;
};

// Whether the types are among those that there are, zero points of w are one or one for each output, and all scales but
// those of w are numbers.
bool SupportsProduct(const Graph& graph, const Node& node);

// An input of 8-bit integers that is no constant.
TensorRef RuntimeTensor(Frame& frame, int value);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_PRODUCT_H_
