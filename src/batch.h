// Support: what all kinds of MatMulBatch share: stages of each product, and the way to the engine.
#ifndef ISOQUANT_SRC_BATCH_H_
#define ISOQUANT_SRC_BATCH_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/element_type.h"
#include "isoquant/float_matmul.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matmul.h"
#include "isoquant/matrix_batch.h"
#include "isoquant/status.h"

namespace isoquant {

// Which sums stages need beside those of products: of columns if there are zero points of a, of rows if there are zero
// points of b.
struct NeededSums {
  bool columns = false, rows = false;

  // For products with weights of b, whose matrices all have one type.
  void Add(const WeightsBatch& b, const ZeroPoints& z);
};

// Stages of integer products, and what the engine finds for them.
struct BatchStages : StageMaker<int32_t> {
  explicit BatchStages(Make make_in) : StageMaker<int32_t>{make_in} {}

  NeededSums needed;
  const int32_t* row_sums = nullptr;  // of all products
};

// What the stages of a batch are made of: parameters P, and outputs of C.
template <class P, class C>
struct StagedBatch : BatchStages {
  StagedBatch(Make make_in, const PerProduct<P>& parameters_in, const MatrixBatch<C>& c_in)
      : BatchStages(make_in), parameters(parameters_in), c(c_in) {}

  const int32_t* RowSumsOf(size_t product) const { return row_sums == nullptr ? nullptr : row_sums + product * c.rows; }

  const PerProduct<P>& parameters;
  const MatrixBatch<C>& c;
};

// Sums as they are.
template <class Acc>
struct SumsBatch : StageMaker<Acc> {
  SumsBatch(const MatrixBatch<Acc>& c_in, Store store)
      : StageMaker<Acc>{&MakeStage}, c(c_in), accumulate(store == Store::kAccumulate) {}

  static void MakeStage(const StageMaker<Acc>& maker, size_t product, const WeightsRef&, const StageUser<Acc>& use) {
    const SumsBatch& batch = static_cast<const SumsBatch&>(maker);
    const StoreSums<Acc> stage{batch.c.data + product * batch.c.batch_stride, batch.c.row_stride, batch.accumulate};
    use(AnyStage<Acc>(stage));
  }

  const MatrixBatch<Acc>& c;
  const bool accumulate;
};

// What the stages of products of floats are made of.
template <class C>
struct FloatOutputBatch : StageMaker<float> {
  FloatOutputBatch(Make make_in, const PerProduct<FloatOutput>& outputs_in, const MatrixBatch<C>& c_in)
      : StageMaker<float>{make_in}, outputs(outputs_in), c(c_in) {}

  const PerProduct<FloatOutput>& outputs;
  const MatrixBatch<C>& c;
};

// One worker has nothing to share out. Then products of packed weights take the way of a single one, which is shorter:
// 96 x 16 x 64 x 16 takes a fifth less time. (They are of one size: if the first finds its memory, all do.)
inline bool IsOneByOne(const Context& context, const WeightsBatch& b) {
  return context.NumWorkers() == 1 && b.is_packed();
}
template <class A, class Acc, class Function>
Status RunOneByOne(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, const MatrixBatch<Acc>& c,
                   Store store, Function multiply) {
  const size_t group = c.count / b.count();
  for (size_t i = 0; i < c.count; ++i) {
    const Status status = multiply(context, a.At(i), b.At(i / group), c.At(i), store == Store::kAccumulate);
    if (!status.ok()) return status;
  }
  return Status();
}

// The functions that make stages, for outputs of type c and the target that the Context chose.
StageMaker<int32_t>::Make FindDequantizer(Context& context, ElementType c);  // of a StagedBatch<Dequantization, C>
StageMaker<int32_t>::Make FindRequantizer(Context& context, ElementType c);  // of a StagedBatch<Requantization, C>
StageMaker<int32_t>::Make FindFixedPoint(Context& context, ElementType c);   // of a StagedBatch<FixedPoint..., C>
StageMaker<float>::Make FindFloatOutput(Context& context, ElementType c);    // of a FloatOutputBatch<C>

// Runs all products. The arguments have been checked, and c is not empty.
Status RunStagedBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b, BatchStages& stages);
Status RunStagedBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                      BatchStages& stages);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_BATCH_H_
