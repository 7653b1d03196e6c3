// Engine: a batch of products of one shape: where their operands and stages come from. The same types for all targets.
#ifndef ISOQUANT_INL_ENGINE_PRODUCTS_H_
#define ISOQUANT_INL_ENGINE_PRODUCTS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matrix_batch.h"
#include "isoquant/weights.h"

namespace isoquant {

// A borrowed reference to a callable void(const AnyStage<Acc>&), as TaskRef is to a task.
template <class Acc>
class StageUser {
 public:
  template <class F>
  explicit StageUser(const F& f)
      : object_(&f),
        call_([](const void* object, const AnyStage<Acc>& stage) { (*static_cast<const F*>(object))(stage); }) {}
  void operator()(const AnyStage<Acc>& stage) const { call_(object_, stage); }

 private:
  const void* object_;
  void (*call_)(const void*, const AnyStage<Acc>&);
};

// Makes the stages of a batch. Whoever has something to make them of derives from this. `make` makes the stage of one
// product, with weights b, and calls use(stage): stages live on the stack of the worker that runs them. It is called
// for each task of a product, by several workers at once.
template <class Acc>
struct StageMaker {
  using Make = void (*)(const StageMaker& maker, size_t product, const WeightsRef& b, const StageUser<Acc>& use);

  Make make;
};

template <class A, class Acc>
struct Products {
  // a.count products.
  const MatrixBatch<const A>& a;
  const WeightsBatch& b;
  const StageMaker<Acc>& stages;
  // Sums of rows, as a RowSource has them: a.rows for each product, one product's after the other's. Or null.
  int32_t* row_sums;
  bool needs_column_sums;  // stages need the sums of b's columns
  // If not null, the matrices of b in panels: the first, and the bytes from one to the next.
  const PackedPanels* packed;
  size_t packed_bytes;

  bool IsPlain() const { return packed == nullptr && !b.is_packed(); }

  // The weights of a product. They may refer to `memory`.
  WeightsRef WeightsOf(size_t product, PackedPanels& memory) const {
    const size_t i = b.count() == 1 ? 0 : product / (a.count / b.count());
    if (packed == nullptr) return b.At(i);
    memory = *packed;
    memory.panels += i * packed_bytes;
    if (memory.column_sums != nullptr) memory.column_sums += i * packed_bytes / sizeof(*memory.column_sums);
    return WeightsRef(memory);
  }
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_PRODUCTS_H_
