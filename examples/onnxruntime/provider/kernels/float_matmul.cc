// Layer 5: MatMul of floats.
#include "isoquant/float_matmul.h"

#include "graph/attributes.h"
#include "kernels/broadcast.h"
#include "kernels/kernel.h"

namespace isoquant_provider {
namespace {

class FloatMatMul final : public Kernel {
 public:
  FloatMatMul(Preparation& preparation, const Node& node)
      : x_(node.inputs[0]), w_(node.inputs[1]), y_(node.outputs[0]) {
    preparation.Keep(x_);
    if (!preparation.graph.IsConstant(w_)) return;
    const TensorRef w = preparation.graph.Constant(w_);
    w_dims_ = w.dims;
    const size_t rank = w.dims.size(), size = Count(w.dims, rank - 2, rank);
    packed_.resize(Count(w.dims, 0, rank - 2));
    for (size_t i = 0; i < packed_.size(); ++i) {
      const isoquant::KxN matrix{MatrixAt(w.As<float>(), w.dims, i * size)};
      Check(isoquant::PackedWeights::Pack(preparation.context, matrix, packed_[i]));
    }
    is_packed_ = true;
  }

  void Run(Frame& frame) const override {
    const Dims w_dims = is_packed_ ? w_dims_ : frame.DimsOf(w_);
    const ProductShape shape(frame.DimsOf(x_), w_dims);
    const float* const x = frame.Plain<float>(x_);
    const float* const w = is_packed_ ? nullptr : frame.Plain<float>(w_);
    float* const y = frame.NewPlain<float>(y_, shape.y);
    for (size_t i = 0; i < shape.products; ++i) {
      const isoquant::MatrixView<const float> a(x + shape.XMatrix(i) * shape.rows * shape.k, shape.rows, shape.k);
      const isoquant::MatrixView<float> c(y + i * shape.rows * shape.n, shape.rows, shape.n);
      const size_t matrix = shape.WMatrix(i);
      const isoquant::WeightsRef b =
          is_packed_ ? isoquant::WeightsRef(packed_[matrix])
                     : isoquant::WeightsRef(isoquant::KxN{MatrixAt(w, w_dims, matrix * shape.k * shape.n)});
      Check(isoquant::MatMul(frame.context(), a, b, c));
    }
  }

 private:
  static isoquant::WeightMatrix MatrixAt(const float* w, const Dims& dims, size_t first) {
    const size_t rank = dims.size();
    return {w + first, Count(dims, rank - 2, rank - 1), Count(dims, rank - 1, rank)};
  }

  int x_, w_, y_;
  Dims w_dims_;
  std::vector<isoquant::PackedWeights> packed_;
  bool is_packed_ = false;
};

// ONNX Runtime multiplies by weights that are quantised in blocks without the floats between.
bool Supports(const Graph& graph, const Node& node) {
  const Value &x = graph.At(node.inputs[0]), &w = graph.At(node.inputs[1]);
  const bool is_blocked = w.producer != kNone && IntOf(graph.NodeAt(w.producer), "block_size", 0) != 0;
  return x.type == kFloat && w.type == kFloat && x.dims.size() >= 2 && w.dims.size() >= 2 && !is_blocked;
}

}  // namespace

KernelList FloatMatMulKernels() { return {{"", "MatMul", Role::kFloat, Supports, Make<FloatMatMul>}}; }

}  // namespace isoquant_provider
