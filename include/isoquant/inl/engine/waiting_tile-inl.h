// Engine: output stages run one tile behind: between the steps of the next tile, for policies of kRunsBetween, or after
// it, while its last products are in flight (before it: 3 to 5 % of peak slower).

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

// A buffered tile that its stage has not seen.
template <class Stage, class Acc>
class TileBehind {
 public:
  explicit TileBehind(const Stage& stage) : stage_(stage) {}

  // Rows of the product are row_step apart.
  HWY_INLINE void Set(const Acc* sums, size_t stride, Part rows, Part cols, size_t row_step = 1) {
    sums_ = sums;
    stride_ = stride;
    rows_ = rows;
    cols_ = cols;
    row_step_ = row_step;
  }

  // Runs `tile`, which fills other sums, with `args`, and the stage of the tile that waits.
  template <class Args, class Tile>
  HWY_INLINE void RunWith(Args& /*args*/, const Tile& tile) {
    tile();
    if (rows_.size != 0) RunRows();
  }
  // Where no tile follows.
  HWY_NOINLINE void Finish() {
    if (rows_.size != 0) RunRows();
  }

 private:
  HWY_INLINE void RunRows() {
    if (HWY_LIKELY(row_step_ == 1)) {
      RunStage(stage_, sums_, stride_, rows_, cols_);
    } else {
      RunRowByRow();  // a stage takes rows that follow one another
    }
    rows_.size = 0;
  }
  HWY_NOINLINE void RunRowByRow() const {
    for (size_t i = 0; i < rows_.size; ++i) {
      RunStage(stage_, sums_ + i * stride_, stride_, Part{rows_.begin + i * row_step_, 1}, cols_);
    }
  }

  const Stage stage_;  // a copy: stores through its pointers cannot change it
  const Acc* sums_ = nullptr;
  size_t stride_ = 0, row_step_ = 1;
  Part rows_{}, cols_{};
};

#if HWY_TARGET == HWY_SCALAR  // it has no matrix unit, and lacks vectors that FinishRows takes

template <class P, class Stage>
using WaitingTileOf = TileBehind<Stage, typename P::Acc>;

#else

// The same for policies of kRunsBetween. What a TileFinish can say takes few instructions, so that a few rows at
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

  template <class Args, class Tile>
  HWY_INLINE void RunWith(Args& args, const Tile& tile) {
    args.between = Take();
    tile();
  }

  // Where no tile follows.
  HWY_INLINE void Finish() {
    if (const BetweenSteps* rest = Take()) rest->run(*rest, 0, rest->rows);
  }

  // Where the sums of the last tile lie, which may still be read.
  HWY_INLINE const Acc* sums() const { return sums_; }

 private:
  static constexpr size_t kFinishRows = 4, kStageRows = 8;

  // For the next Tile, which runs all of it; null: no tile waits.
  HWY_INLINE const BetweenSteps* Take() {
    const bool waits = waits_;
    waits_ = false;
    return waits ? this : nullptr;
  }

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
using WaitingTileOf = typename std::conditional<P::kRunsBetween, WaitingTile<Stage, typename P::Acc>,
                                                TileBehind<Stage, typename P::Acc> >::type;

#endif  // HWY_SCALAR

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
