// Engine: output stages by reference, the same type for all targets.
#ifndef ISOQUANT_INL_ENGINE_STAGE_REF_H_
#define ISOQUANT_INL_ENGINE_STAGE_REF_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/isa/tile_finish.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

// What the driver must know of an output stage to run it: stages that derive from this share one instance of driver and
// kernels. A whole tile is one call of `run`, which is not inlined. (Plain numbers, not Parts, because g++ 12 stores
// the two halves of one, loads them as a vector, and waits until the stores have retired: K = 256 is 3 % slower.)
template <class Acc>
struct StageBase {
  using Run = void (*)(const StageBase& stage, size_t row, size_t rows, size_t col, size_t cols, const Acc* sums,
                       size_t stride);

  template <class T>
  StageBase(Run run_in, const MatrixView<T>& output)
      : run(run_in),
        written(reinterpret_cast<const char*>(output.data)),
        written_stride(output.row_stride * sizeof(T)),
        element_bytes(sizeof(T)) {}

  Run run;
  // Says what the stage does to `cols` columns from `col` on as a TileFinish; null: it does what that cannot say.
  void (*describe)(const StageBase& stage, size_t col, size_t cols, TileFinish& finish) = nullptr;
  // The output, for Tile to fetch: its first element, and sizes in bytes.
  const char* written;
  size_t written_stride, element_bytes;
};

// The stage that stores sums as they are, C = [C +] A B.
template <class Acc>
struct StoreSums {
  Acc* c;
  size_t c_stride;
  bool accumulate;
};

// What drivers copy is a pointer: loads from a copy of the stage would wait for its stores to retire, behind the
// products of a tile (K = 256: 4 % slower).
template <class Acc>
struct StageRef {
  explicit StageRef(const StageBase<Acc>& stage_in) : stage(&stage_in) {}

  const StageBase<Acc>* stage;
};

// A stage of either kind: what products of many tiles know, so that they share one instance of the driver. (Small
// products have one for each kind: one for both takes 4 % more instructions for 1 x 16 x 16.)
template <class Acc>
struct AnyStage {
  explicit AnyStage(const StageRef<Acc>& ref) : stage(ref.stage) {}
  explicit AnyStage(const StoreSums<Acc>& sums_in) : sums(&sums_in) {}

  const StageBase<Acc>* stage = nullptr;  // or
  const StoreSums<Acc>* sums = nullptr;
  bool streams = false;  // sums pass through a buffer, and from there past the caches: their rows begin lines of these
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_STAGE_REF_H_
