// Layer 5: convolutions of 8-bit integers: ConvInteger, QLinearConv, and groups that give floats.
#include "isoquant/convolution.h"

#include "kernels/geometry.h"
#include "kernels/product.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

class Convolution final : public Kernel {
 public:
  Convolution(Preparation& preparation, const Node& node)
      : output_(preparation, node), x_(node.inputs[kX]), w_(node.inputs[kW]), y_(node.outputs[0]) {
    const Dims& w = preparation.graph.At(w_).dims;
    geometry_ = GeometryOf(preparation.graph, node, x_, Dims(w.begin() + 2, w.end()));
    preparation.Keep(x_);
    if (!preparation.graph.IsConstant(w_)) return;
    const TensorRef weights = preparation.graph.Constant(w_);
    Pack(preparation.context, weights, packed_);
    is_packed_ = true;
  }

  void Run(Frame& frame) const override {
    isoquant::PackedFilter now;
    if (!is_packed_) Pack(frame.context(), RuntimeTensor(frame, w_), now);
    const isoquant::PackedFilter& filter = is_packed_ ? packed_ : now;
    frame.TypeOf(x_) == kUint8 ? RunAs<uint8_t>(frame, filter) : RunAs<int8_t>(frame, filter);
  }

 private:
  void Pack(isoquant::Context& context, const TensorRef& w, isoquant::PackedFilter& filter) const {
    const size_t outputs = Count(w.dims, 0, 1), size = Count(w.dims, 1, w.dims.size()), channels = Count(w.dims, 1, 2);
    const isoquant::WeightMatrix matrix = w.type == kUint8 ? isoquant::WeightMatrix(w.As<uint8_t>(), outputs, size)
                                                           : isoquant::WeightMatrix(w.As<int8_t>(), outputs, size);
    Check(isoquant::PackedFilter::Pack(context, isoquant::Oihw{matrix}, geometry_, channels, filter));
  }

  template <class X>
  void RunAs(Frame& frame, const isoquant::PackedFilter& filter) const {
    const isoquant::ImageView<const X> x = frame.Image<X>(x_);
    const Dims dims = OutputDims(geometry_, frame.DimsOf(x_), filter.out_channels());
    isoquant::Context& context = frame.context();
    switch (output_.kind()) {
      case ProductOutput::Kind::kSums:
        Check(isoquant::Conv2d(context, x, output_.ZerosOf(frame), filter, frame.NewImage<int32_t>(y_, dims)));
        break;
      case ProductOutput::Kind::kUint8: {
        const auto bytes = output_.BytesOf<uint8_t>(frame);
        Check(isoquant::Conv2d(context, x, filter, bytes, frame.NewImage<uint8_t>(y_, dims)));
        break;
      }
      case ProductOutput::Kind::kInt8: {
        const auto bytes = output_.BytesOf<int8_t>(frame);
        Check(isoquant::Conv2d(context, x, filter, bytes, frame.NewImage<int8_t>(y_, dims)));
        break;
      }
      case ProductOutput::Kind::kFloats:
        RunToFloats(frame, x, filter, dims);
        break;
    }
  }

  template <class X>
  void RunToFloats(Frame& frame, const isoquant::ImageView<const X>& x, const isoquant::PackedFilter& filter,
                   const Dims& dims) const {
    const auto floats = output_.FloatsOf(frame);
    if (output_.residual() == kNone) {
      Check(isoquant::Conv2d(frame.context(), x, filter, floats, frame.NewImage<float>(y_, dims)));
      return;
    }
    const isoquant::ImageView<const float> residual = frame.Image<float>(output_.residual());
    const isoquant::ImageView<float> y = frame.NewImageOver<float>(output_.residual(), y_, dims);
    Check(isoquant::Conv2d(frame.context(), x, filter, floats, residual, y));
  }

  ProductOutput output_;
  int x_, w_, y_;
  isoquant::Conv2dGeometry geometry_;
  isoquant::PackedFilter packed_;
  bool is_packed_ = false;
};

bool Supports(const Graph& graph, const Node& node) {
  const Dims& w = graph.At(node.inputs[kW]).dims;
  const bool is_filter =
      (w.size() == 3 || w.size() == 4) && w.size() == graph.At(node.inputs[kX]).dims.size() && w[2] > 0 && w.back() > 0;
  return is_filter && SupportsWindows(graph, node, node.inputs[kX]) && SupportsProduct(graph, node) &&
         IsOneNumber(graph, node.inputs[kXZero]) && IsOneNumber(graph, node.inputs[kXScale]);
}

}  // namespace

KernelList ConvolutionKernels() {
  return {{kFusedDomain, kConvSums, Role::kInteger, Supports, Make<Convolution>},
          {kFusedDomain, kConvBytes, Role::kInteger, Supports, Make<Convolution>},
          {kFusedDomain, kConvFloats, Role::kInteger, Supports, Make<Convolution>}};
}

}  // namespace isoquant_provider
