// Layer 5: matrix products of 8-bit integers: MatMulInteger, QLinearMatMul, and groups that give floats.
#include "isoquant/matmul.h"

#include <utility>

#include "kernels/broadcast.h"
#include "kernels/product.h"
#include "match/operands.h"

namespace isoquant_provider {
namespace {

// A matrix of the last two dimensions of a tensor.
isoquant::WeightMatrix MatrixAt(const TensorRef& w, size_t first) {
  const size_t rank = w.dims.size(), rows = Count(w.dims, rank - 2, rank - 1), cols = Count(w.dims, rank - 1, rank);
  if (w.type == kUint8) return {w.As<uint8_t>() + first, rows, cols};
  return {w.As<int8_t>() + first, rows, cols};
}

class MatMul final : public Kernel {
 public:
  MatMul(Preparation& preparation, const Node& node)
      : output_(preparation, node),
        x_(node.inputs[kX]),
        w_(node.inputs[kW]),
        y_(node.outputs[0]),
        is_transposed_(node.is_transposed) {
    preparation.Keep(x_);
    if (!preparation.graph.IsConstant(w_)) return;
    const TensorRef w = preparation.graph.Constant(w_);
    w_dims_ = w.dims;
    const size_t rank = w.dims.size(), size = Count(w.dims, rank - 2, rank), matrices = Count(w.dims, 0, rank - 2);
    packed_.resize(matrices);
    for (size_t i = 0; i < matrices; ++i) {
      const isoquant::WeightMatrix matrix = MatrixAt(w, i * size);
      Check(is_transposed_ ? isoquant::PackedWeights::Pack(preparation.context, isoquant::NxK{matrix}, packed_[i])
                           : isoquant::PackedWeights::Pack(preparation.context, isoquant::KxN{matrix}, packed_[i]));
    }
    is_packed_ = true;
  }

  void Run(Frame& frame) const override { frame.TypeOf(x_) == kUint8 ? RunAs<uint8_t>(frame) : RunAs<int8_t>(frame); }

 private:
  isoquant::WeightsRef PlainAt(const TensorRef& w, size_t first) const {
    const isoquant::WeightMatrix matrix = MatrixAt(w, first);
    return is_transposed_ ? isoquant::WeightsRef(isoquant::NxK{matrix}) : isoquant::WeightsRef(isoquant::KxN{matrix});
  }

  template <class X>
  void RunAs(Frame& frame) const {
    const TensorRef w = is_packed_ ? TensorRef() : RuntimeTensor(frame, w_);
    Dims w_dims = is_packed_ ? w_dims_ : w.dims;
    if (is_transposed_) std::swap(w_dims[w_dims.size() - 2], w_dims[w_dims.size() - 1]);
    const ProductShape shape(frame.DimsOf(x_), w_dims);
    const X* const x = frame.Plain<X>(x_);
    switch (output_.kind()) {
      case ProductOutput::Kind::kSums: {
        const auto zeros = output_.ZerosOf(frame);
        Multiply(frame, shape, w, x, frame.NewPlain<int32_t>(y_, shape.y),
                 [&](auto& a, auto& b, auto& c) { return isoquant::MatMul(frame.context(), a, b, zeros, c); });
        break;
      }
      case ProductOutput::Kind::kUint8:
        MultiplyWith(frame, shape, w, x, frame.NewPlain<uint8_t>(y_, shape.y), output_.BytesOf<uint8_t>(frame));
        break;
      case ProductOutput::Kind::kInt8:
        MultiplyWith(frame, shape, w, x, frame.NewPlain<int8_t>(y_, shape.y), output_.BytesOf<int8_t>(frame));
        break;
      case ProductOutput::Kind::kFloats:
        MultiplyWith(frame, shape, w, x, frame.NewPlain<float>(y_, shape.y), output_.FloatsOf(frame));
        break;
    }
  }

  template <class X, class Y, class Rule>
  void MultiplyWith(Frame& frame, const ProductShape& shape, const TensorRef& w, const X* x, Y* y,
                    const Rule& rule) const {
    Multiply(frame, shape, w, x, y,
             [&](auto& a, auto& b, auto& c) { return isoquant::MatMul(frame.context(), a, b, rule, c); });
  }

  template <class X, class Y, class Function>
  void Multiply(Frame&, const ProductShape& shape, const TensorRef& w, const X* x, Y* y,
                const Function& multiply) const {
    for (size_t i = 0; i < shape.products; ++i) {
      const isoquant::MatrixView<const X> a(x + shape.XMatrix(i) * shape.rows * shape.k, shape.rows, shape.k);
      const isoquant::MatrixView<Y> c(y + i * shape.rows * shape.n, shape.rows, shape.n);
      const size_t matrix = shape.WMatrix(i);
      const isoquant::WeightsRef b =
          is_packed_ ? isoquant::WeightsRef(packed_[matrix]) : PlainAt(w, matrix * shape.k * shape.n);
      Check(multiply(a, b, c));
    }
  }

  ProductOutput output_;
  int x_, w_, y_;
  bool is_transposed_;
  Dims w_dims_;
  std::vector<isoquant::PackedWeights> packed_;
  bool is_packed_ = false;
};

// Zero points of rows are those of one matrix; scales of rows are not among what Isoquant's rules have.
bool Supports(const Graph& graph, const Node& node) {
  const Dims &x = graph.At(node.inputs[kX]).dims, &w = graph.At(node.inputs[kW]).dims;
  const bool is_one_zero = IsOneNumber(graph, node.inputs[kXZero]);
  return x.size() >= 2 && w.size() >= 2 && (is_one_zero || (x.size() == 2 && IsVector(graph, node.inputs[kXZero]))) &&
         IsOneNumber(graph, node.inputs[kXScale]) && node.inputs[kResidual] == kNone && SupportsProduct(graph, node);
}

}  // namespace

KernelList MatMulKernels() {
  return {{kFusedDomain, kMatMulSums, Role::kInteger, Supports, Make<MatMul>},
          {kFusedDomain, kMatMulBytes, Role::kInteger, Supports, Make<MatMul>},
          {kFusedDomain, kMatMulFloats, Role::kInteger, Supports, Make<MatMul>}};
}

}  // namespace isoquant_provider
