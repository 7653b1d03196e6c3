// Template layer: the MatMul driver. It walks blocks, tails and output stages; it knows no ISA.
//
// Few rows are one tile: see lone_tile-inl.h.
//
// More rows (MatMulBlock): for each block of rows (A arranged once, to stay in L2), for each group of columns, for each
// chunk of K (a chunk of B stays in L1 or L2), for each tile of rows: one call of Tile. But where all of B stays in L2,
// each tile of rows is a lone one.
//
// Plain int32 results go straight to C. Everything else passes through a buffer of tiles in L1, and the output stage
// runs one tile behind: while the next tile's products are in flight, the previous tile is scaled and stored
// (undelayed: 3 to 5 % of peak slower).

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_DRIVER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#undef ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#else
#define ISOQUANT_INL_ENGINE_DRIVER_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/context.h"
#include "isoquant/inl/engine/lone_tile-inl.h"
#include "isoquant/inl/engine/pack-inl.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One task: a block of rows, two tiles at least, times a part of the columns.
template <class P, class Stage>
class MatMulBlock {
  static constexpr size_t kL1 = size_t{32} << 10;  // of any CPU

  using A = typename P::A;
  using ArrangedA = typename P::ArrangedA;
  using ArrangedB = typename P::ArrangedB;
  using Plan = MatMulPlan<P>;

 public:
  MatMulBlock(const Plan& plan, const MatrixView<const A>& a, const WeightsRef& b, const Stage& stage, uint8_t* scratch)
      : plan_(plan), a_(a), b_(b), stage_(stage), scratch_(scratch) {
    if (plan.pack_groups == 0) panels_ = *b.packed();
  }

  HWY_NOINLINE void Run(Part rows, Part groups) {
    rows_ = rows;
    tiles_ = plan_.shape.TilesFor(rows.size);
    tile_rows_ = rows.size / tiles_;
    longer_tiles_ = rows.size - tiles_ * tile_rows_;
    if constexpr (P::kReadsRows) {
      if (plan_.reads_rows) PrepareTails<P>(a_, rows, At<ArrangedA>(0));
    }
    args_.a_streams = true;
    args_.a_stride = plan_.reads_rows ? a_.row_stride : P::kPieceK;
    const size_t end = groups.begin + groups.size, nr = plan_.shape.cols();
    for (size_t g = groups.begin, packed_end = g; g < end; ++g) {
      if (plan_.pack_groups != 0 && g == packed_end) {
        packed_end = Min(g + plan_.pack_groups, end);
        Pack({g * nr, Min(packed_end * nr, plan_.n) - g * nr});
      }
      RunGroup(g * nr);
    }
  }

 private:
  template <class T>
  T* At(size_t offset) const {
    return reinterpret_cast<T*>(scratch_ + offset);
  }

  // The panels of `cols` of plain B, into this worker's scratch: multiplied at once, they never leave its L2.
  void Pack(Part cols) {
    int8_t* panels = At<int8_t>(plan_.packed_at);
    uint32_t* sums = At<uint32_t>(plan_.packed_at + plan_.pack_groups * plan_.GroupBytes());
    const size_t begin = cols.begin / PackedPanels::kColumns;
    PackPanels<int8_t>(b_, {begin, begin + PackedPanels::NumPanels(cols.size), panels, sums});
    state_.ForgetB();  // the panels before these lay in the same memory
    panels_ = {panels, reinterpret_cast<int32_t*>(sums), plan_.k, cols.size};
    first_col_ = cols.begin;
  }

  // All rows of the block times the columns from `col` on.
  void RunGroup(size_t col) {
    const size_t cols = Min(plan_.shape.cols(), plan_.n - col);
    args_.panels = DivideUp(cols, PackedPanels::kColumns);
    args_.panel_stride = PackedPanels::PanelBytes(plan_.k);
    const int8_t* panel = panels_.panels + (col - first_col_) / PackedPanels::kColumns * args_.panel_stride;
    const bool direct = IsDirect<Stage>(cols) && plan_.chunks == 1;
    args_.column_sums = P::kColumnSums ? panels_.column_sums + (col - first_col_) : nullptr;
    for (size_t i = 0; i < plan_.chunks; ++i) RunChunk(i, panel, col, cols, direct);
  }

  // All rows of the block times chunk `i` of K of the columns from `col` on.
  void RunChunk(size_t i, const int8_t* panel, size_t col, size_t cols, bool direct) {
    const bool last = i + 1 == plan_.chunks;
    const Part k = plan_.Chunk(i);
    const size_t padded_k = RoundUp(k.size, P::kKR);
    const bool tail_apart = plan_.reads_rows && k.size != padded_k;
    args_.k = tail_apart ? padded_k - P::kKR : padded_k;
    args_.b_k = RoundUp(k.size, 4);
    args_.b = panel + k.begin * PackedPanels::kColumns;
    args_.b_arranged = nullptr;
    if (rows_.size >= P::kArrangeBRows) PrepareB(padded_k);
    if (i != 0) args_.column_sums = nullptr;
    args_.add = i != 0;

    // The B that comes after this chunk, if it is whole.
    const int8_t* next_b = nullptr;
    if (!last) {
      next_b = args_.b + padded_k * PackedPanels::kColumns;
    } else if (col - first_col_ + 2 * plan_.shape.cols() <= panels_.n) {
      next_b = panel + args_.panels * args_.panel_stride;
    }

    if (direct) SetDirect(col, cols);
    args_.a_tail = tail_apart ? At<ArrangedA>(0) : nullptr;
    Part tile{}, previous{};
    for (size_t t = 0; t < tiles_; ++t, previous = tile, tile.begin += tile.size) {
      tile.size = tile_rows_ + (t < longer_tiles_ ? 1 : 0);
      args_.rows = tile.size;
      SetRows(tile, k);
      args_.prefetch = Prefetches(t, tile, next_b);
      if (!direct) {
        args_.c = Slot(t);
        args_.c_stride = plan_.shape.cols();
        SetWritten(args_, rows_.begin + tile.begin, col, cols, &stage_);
      }
      P::Tile(state_, args_);
      if (tail_apart) args_.a_tail += tile.size * P::kKR;
      if (direct) {
        args_.c += tile.size * args_.c_stride;
        args_.written += tile.size * args_.written_stride;
      } else if (last) {
        if (t != 0) FinishTile(t - 1, previous, {col, cols});
        if (t + 1 == tiles_) FinishTile(t, tile, {col, cols});
      }
    }
    arranged_ = true;
  }

  // What tile `t` fetches for others.
  PrefetchStreams Prefetches(size_t t, Part tile, const int8_t* next_b) const {
    if (t + 2 >= tiles_ && next_b != nullptr) {  // the last two tiles fetch a half each
      return {next_b + (t + 2 - tiles_) * args_.k * 4, args_.k * 8, args_.panel_stride};
    }
    if (!arranged_ && !plan_.reads_rows && t + 1 < tiles_) {  // rows that are arranged next, a quarter per stream
      const size_t quarter = DivideUp(tile.size, 4) * a_.row_stride * sizeof(A);
      return {a_.Row(rows_.begin + tile.begin + tile.size), quarter, 2 * quarter};
    }
    if (arranged_ && t + 1 < tiles_ && (2 * tile.size + plan_.shape.cols()) * args_.k <= kL1) {  // the next rows
      const size_t quarter = DivideUp(tile.size, 4) * plan_.padded_k * sizeof(ArrangedA);
      return {args_.a + tile.size * plan_.padded_k, quarter, 2 * quarter};
    }
    return {args_.b, 0, 0};
  }

  // Tile's rows: in place, or arranged in the first group of columns. Tile then finds them in L1.
  void SetRows(Part tile, Part k) {
    const A* const a = a_.Row(rows_.begin + tile.begin);
    if constexpr (P::kReadsRows) {
      if (plan_.reads_rows) {
        args_.a = a + k.begin;
        args_.a_step = P::kKR;
        return;
      }
    }
    ArrangedA* const arranged = At<ArrangedA>(0) + tile.begin * plan_.padded_k;
    if constexpr (P::kArranges) {
      if (!arranged_) ArrangeTile(a, tile.size, arranged);
    }
    args_.a = arranged + k.begin * tile.size;
    args_.a_step = tile.size * P::kPieceK;
  }

  // Not inlined: in RunChunk its loop lacks registers (512 cubed, u8: 94 against 97 % of peak).
  HWY_NOINLINE void ArrangeTile(const A* a, size_t rows, ArrangedA* to) const {
    P::ArrangeTile(a, a_.row_stride, plan_.k, rows, to);
  }

  void PrepareB(size_t padded_k) {
    ArrangedB* to = At<ArrangedB>(plan_.b_arranged_at);
    for (size_t p = 0; p < args_.panels; ++p) {
      P::ArrangePanel(args_.b + p * args_.panel_stride, args_.b_k, to + p * padded_k * PackedPanels::kColumns);
    }
    args_.b_arranged = to;
  }

  // Straight to C, from the first row of the block on.
  HWY_INLINE void SetDirect(size_t col, size_t cols) {
    if constexpr (std::is_same<Stage, StoreS32>::value) {
      args_.c = stage_.c + rows_.begin * stage_.c_stride + col;
      args_.c_stride = stage_.c_stride;
      args_.add = stage_.accumulate;
      SetWritten(args_, rows_.begin, col, cols);
    }
  }

  int32_t* Slot(size_t t) const {
    return At<int32_t>(plan_.tiles_at + (plan_.chunks == 1 ? t % 2 : t) * plan_.shape.TileBytes());
  }

  void FinishTile(size_t t, Part tile, Part cols) const {
    RunStage(stage_, Slot(t), plan_.shape.cols(), {rows_.begin + tile.begin, tile.size}, cols);
  }

  const Plan& plan_;
  const MatrixView<const A>& a_;
  const WeightsRef& b_;
  const Stage stage_;  // a copy: stores through its pointers cannot change it
  uint8_t* const scratch_;
  typename P::State state_;
  PackedPanels panels_;   // of b_, or of those of its columns that are packed at the time,
  size_t first_col_ = 0;  // from this one on
  TileArgs<ArrangedA, ArrangedB> args_{};
  Part rows_{};
  bool arranged_ = false;                                // all rows of the block, or none
  size_t tiles_ = 0, tile_rows_ = 0, longer_tiles_ = 0;  // the first longer_tiles_ have one row more
};

// Not inlined: the path of small calls is short.
HWY_NOINLINE Status OutOfScratch(size_t bytes) { return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0); }

// In blocks and tasks. Not inlined: the path of small calls is short.
template <class P, class Stage>
HWY_NOINLINE Status MatMulInTasks(Context& context, const MatrixView<const typename P::A>& a, const WeightsRef& b,
                                  const Stage& stage) {
  const size_t workers = context.NumWorkers();
  const PackedPanels* packed = b.packed();
  const bool reads_rows = ReadsRows<P>(a, b.n());
  const MatMulPlan<P> plan(a.rows, b.n(), b.k(), workers, packed == nullptr, reads_rows);
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, workers * plan.bytes);
  if (scratch == nullptr) return OutOfScratch(workers * plan.bytes);
  const auto task = [&](size_t i, size_t worker) {
    const size_t block = plan.column_parts == 1 ? i : i / plan.column_parts;
    const Part rows = SplitEvenly(plan.m, plan.row_blocks, block);
    const Part groups = SplitEvenly(plan.groups, plan.column_parts, i - block * plan.column_parts);
    uint8_t* const own = scratch + worker * plan.bytes;
    [[maybe_unused]] const FloatEnvironment<Stage> environment{};
    if (packed != nullptr && rows.size <= plan.shape.rows()) {
      const size_t begin = groups.begin * plan.shape.cols();
      const size_t size = Min(groups.size * plan.shape.cols(), plan.n - begin);
      LoneTile<P, Stage>::Run(plan.shape, a, rows, reads_rows, *packed, {begin, size}, stage, own);
    } else {
      MatMulBlock<P, Stage>(plan, a, b, stage, own).Run(rows, groups);
    }
  };
  context.Run(plan.row_blocks * plan.column_parts, TaskRef(task));
  return Status();
}

template <class P, class Stage>
Status MatMulWithPolicy(Context& context, const MatrixView<const typename P::A>& a, const WeightsRef& b,
                        const Stage& stage) {
  const PackedPanels* packed = b.packed();
  if (packed == nullptr || context.NumWorkers() != 1) return MatMulInTasks<P>(context, a, b, stage);
  const TileShape<P> shape(a.rows, packed->n);
  if (a.rows > shape.rows()) return MatMulInTasks<P>(context, a, b, stage);

  const bool reads_rows = ReadsRows<P>(a, packed->n);
  const size_t bytes = LoneTileScratchBytes<P>(shape, a.rows, packed->k, reads_rows);
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
  if (scratch == nullptr) return OutOfScratch(bytes);
  [[maybe_unused]] const FloatEnvironment<Stage> environment{};
  LoneTile<P, Stage>::Run(shape, a, {0, a.rows}, reads_rows, *packed, {0, packed->n}, stage, scratch);
  return Status();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
