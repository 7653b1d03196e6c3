// Engine: the output stage of a tile that runs between the steps of the next one, for policies of kRunsBetween.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_WAITING_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_WAITING_TILE_INL_H_
#undef ISOQUANT_INL_ENGINE_WAITING_TILE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_WAITING_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/between_steps.h"
#include "isoquant/inl/isa/tile_finish_rows-inl.h"
#include "isoquant/inl/util/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// What other policies have instead.
struct NoWaitingTile {
  template <class Stage>
  explicit NoWaitingTile(const Stage&) {}
};

#if HWY_TARGET == HWY_SCALAR  // it has no matrix unit, and lacks vectors that FinishRows takes

template <class P, class Stage>
using WaitingTileOf = NoWaitingTile;

#else

// A buffered tile that its stage has not seen. What a TileFinish can say takes few instructions, so that a few rows at
// a time are worth a call; other stages take more of them. (On Emerald Rapids stages by eight rows were faster than by
// four, 512/512/512 to f32 1.1 times, and those to bytes faster than by sixteen, 1.1 times.)
template <class Stage, class Acc>
class WaitingTile : public BetweenSteps {
 public:
  explicit WaitingTile(const Stage& stage) : BetweenSteps{&RunRows, 0, kStageRows}, stage_(stage) {}

  HWY_INLINE void Set(const Acc* sums, size_t stride, Part rows, Part cols) {
    waits_ = true;
    sums_ = sums;
    stride_ = stride;
    first_row_ = rows.begin;
    this->rows = rows.size;
    cols_ = cols;
    if constexpr (std::is_same<Acc, int32_t>::value) {
      const bool finishes = cols.size == kFinishedColumns && Describe(stage_, cols, finish_);
      this->run = finishes ? &FinishSomeRows : &RunRows;
      this->least_rows = finishes ? kFinishRows : kStageRows;
    }
  }

  // For the next Tile, which runs all of it; null: no tile waits.
  HWY_INLINE const BetweenSteps* Take() {
    const bool waits = waits_;
    waits_ = false;
    return waits ? this : nullptr;
  }
  // Where no tile follows.
  HWY_INLINE void Finish() {
    if (const BetweenSteps* rest = Take()) rest->run(*rest, 0, rest->rows);
  }

  // Where the sums of the last tile lie, which may still be read.
  HWY_INLINE const Acc* sums() const { return sums_; }

 private:
  static constexpr size_t kFinishRows = 4, kStageRows = 8;

  static HWY_NOINLINE void RunRows(const BetweenSteps& between, size_t row, size_t rows) {
    const WaitingTile& tile = static_cast<const WaitingTile&>(between);
    RunStage(tile.stage_, tile.sums_ + row * tile.stride_, tile.stride_, Part{tile.first_row_ + row, rows}, tile.cols_);
  }
  static HWY_NOINLINE void FinishSomeRows(const BetweenSteps& between, size_t row, size_t rows) {
    const WaitingTile& tile = static_cast<const WaitingTile&>(between);
    FinishRows(StageTag(), tile.finish_, {tile.sums_ + row * tile.stride_, tile.stride_, tile.first_row_ + row, rows});
  }

  const Stage stage_;
  bool waits_ = false;
  const Acc* sums_ = nullptr;
  size_t stride_ = 0, first_row_ = 0;
  Part cols_{};
  TileFinish finish_;
};

template <class P, class Stage>
using WaitingTileOf =
    typename std::conditional<P::kRunsBetween, WaitingTile<Stage, typename P::Acc>, NoWaitingTile>::type;

#endif  // HWY_SCALAR

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
