// Engine: a block of rows times a part of the columns.
//
// For each group of columns, for each chunk of K (a chunk of B stays in L1 or L2), for each tile of rows: one call of
// Tile. Plain B is packed for several groups at a time, and chunk by chunk: for each chunk, for each of these groups.
//
// Plain sums go straight to C. Everything else passes through a buffer of tiles in L1, and the output stage runs one
// tile behind (waiting_tile-inl.h). Figures here are of bench/run.sh --benchmark_filter='^MatMul/.*/512/512/512$'.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_MATMUL_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_MATMUL_BLOCK_INL_H_
#undef ISOQUANT_INL_ENGINE_MATMUL_BLOCK_INL_H_
#else
#define ISOQUANT_INL_ENGINE_MATMUL_BLOCK_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/engine/column_sums.h"
#include "isoquant/inl/engine/pack-inl.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/engine/waiting_tile-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Two tiles at least.
template <class P, class Stage>
class MatMulBlock {
  using A = typename P::A;
  using B = typename P::B;
  using Acc = typename P::Acc;
  using ArrangedA = typename P::ArrangedA;
  using ArrangedB = typename P::ArrangedB;
  static constexpr TileTraits kTraits = TraitsOf<P>();

 public:
  MatMulBlock(const MatMulPlan& plan, const RowSource<A>& a, bool prepares, const WeightsRef& b, const Stage& stage,
              uint8_t* scratch, typename P::State& state)
      : plan_(plan),
        a_(a),
        prepares_(prepares),
        b_(b),
        stage_(stage),
        scratch_(scratch),
        waiting_(stage),
        state_(state) {
    if (plan.pack_groups == 0) SetPanels(*b.packed());
    HWY_DASSERT(!P::kOwes || plan.chunks == 1);
  }

  HWY_NOINLINE void Run(Part rows, Part groups) {
    rows_ = rows;
    tiles_ = DivideUp(rows.size, plan_.tile.rows);
    tile_rows_ = rows.size / tiles_;
    longer_tiles_ = rows.size - tiles_ * tile_rows_;
    if constexpr (kMayReadRows<P>) {
      if (plan_.tile.reads_rows) PrepareInPlace<P>(a_, rows, prepares_, At<ArrangedA>(0));
    }
    args_.hints.a_streams = true;
    args_.next.from = nullptr;
    args_.hints.b_from_memory = false;  // each panel is used by several tiles
    args_.a_stride = plan_.tile.reads_rows ? a_.matrix.row_stride : P::kPieceK;
    const size_t end = groups.begin + groups.size, most = Max(plan_.pack_groups, 1);
    for (Part strip{groups.begin, 0}; strip.begin < end; strip.begin += strip.size) {
      strip.size = Min(most, end - strip.begin);
      RunStrip(strip, strip.begin == groups.begin);
    }
    waiting_.Finish();
  }

 private:
  template <class T>
  T* At(size_t offset) const {
    return reinterpret_cast<T*>(scratch_ + offset);
  }

  void SetPanels(const PackedPanels& b) {
    panels_ = reinterpret_cast<const B*>(b.panels);
    column_sums_ = b.column_sums;
    panels_n_ = b.n;
    args_.panel_stride = kTraits.PanelBytes(b.k) / sizeof(B);
  }

  // All rows of the block times the columns of the groups `strip`.
  void RunStrip(Part strip, bool is_first) {
    const size_t first_slot = first_slot_;
    for (size_t i = 0; i < plan_.chunks; ++i) {
      first_slot_ = first_slot;
      if (plan_.pack_groups != 0) Pack(strip, i, is_first && i == 0);
      for (size_t g = 0; g < strip.size; ++g) RunChunk(i, (strip.begin + g) * plan_.tile.cols);
    }
  }

  // Chunk `i` of plain B, into this worker's scratch: multiplied at once, it never leaves its L2.
  void Pack(Part strip, size_t i, bool is_first) {
    const Part k = plan_.Chunk(i);
    first_col_ = strip.begin * plan_.tile.cols;
    const size_t cols = Min(strip.size * plan_.tile.cols, plan_.n - first_col_);
    B* panels = At<B>(plan_.packed_at);
    uint32_t* sums = At<uint32_t>(plan_.packed_sums_at);
    const size_t begin = first_col_ / PackedPanels::kColumns;
    const PlainB from = is_first || !FetchesToPack() ? plan_.plain_b : PlainB::kCached;
    PackPanels<B>(b_, k, {begin, begin + PackedPanels::NumPanels(cols), panels, sums, from});
    if (HWY_UNLIKELY(b_.column_sums() != nullptr)) {
      StoreColumnSums(b_, first_col_, cols, reinterpret_cast<const int32_t*>(sums), i != 0);
    }
    state_.ForgetB();  // the panels before these lay in the same memory
    SetPanels({reinterpret_cast<int8_t*>(panels), reinterpret_cast<int32_t*>(sums), k.size, cols});
    if (plan_.fetches_to_pack) next_ = NextToPack(strip, i);
  }

  // All rows of the block times chunk `i` of K of the columns from `col` on.
  void RunChunk(size_t i, size_t col) {
    const bool last = i + 1 == plan_.chunks, packs = plan_.pack_groups != 0;
    const Part k = plan_.Chunk(i);
    const size_t cols = Min(plan_.tile.cols, plan_.n - col);
    args_.panels = DivideUp(cols, PackedPanels::kColumns);
    const B* panel = panels_ + (col - first_col_) / PackedPanels::kColumns * args_.panel_stride;
    args_.finish = IsInPlace<P>(plan_.tile) && plan_.chunks == 1 ? FindFinish(stage_, {col, cols}, finish_) : nullptr;
    const bool whole = IsInPlace<P>(plan_.tile) || cols % PackedPanels::kColumns == 0;
    const bool direct = PlainSums<Acc>(stage_) != nullptr && whole && plan_.chunks == 1;
    args_.column_sums = P::kColumnSums && (i == 0 || packs) ? column_sums_ + (col - first_col_) : nullptr;
    const size_t padded_k = RoundUp(k.size, P::kKR);
    const bool tail_apart = plan_.tile.reads_rows && k.size != padded_k;
    args_.k = tail_apart ? padded_k - P::kKR : padded_k;
    args_.b_k = RoundUp(k.size, kTraits.Group());
    args_.b = panel + (packs ? 0 : k.begin * PackedPanels::kColumns);
    args_.b_arranged = nullptr;
    if (rows_.size >= P::kArrangeBRows) PrepareB(padded_k);
    args_.add = i != 0;  // of buffered tiles, the first chunk may begin with C

    // The B that comes after this chunk, if it is whole.
    const B* next_b = nullptr;
    if (!last && !packs) {
      next_b = args_.b + padded_k * PackedPanels::kColumns;
    } else if (col - first_col_ + 2 * plan_.tile.cols <= panels_n_) {
      next_b = panel + args_.panels * args_.panel_stride;
    }

    if (direct) SetDirect(col, cols);
    args_.c_cols = direct || P::kInPlaceNR == 0 ? cols : args_.panels * PackedPanels::kColumns;
    if constexpr (P::kInPlaceNR != 0) {
      if (IsInPlace<P>(plan_.tile) && (direct || args_.finish != nullptr)) return RunRowsInPlace(k, col, cols, direct);
    }
    const bool arranges_next = P::kArrangesNext && !arranged_ && !plan_.tile.reads_rows && a_.IsPlain() &&
                               plan_.chunks == 1 && plan_.k != 0 && cols == plan_.tile.cols && !plan_.tile.tall;
    args_.a_tail = tail_apart ? At<ArrangedA>(0) : nullptr;
    Part tile{};
    for (size_t t = 0; t < tiles_; ++t, tile.begin += tile.size) {
      tile.size = tile_rows_ + (t < longer_tiles_ ? 1 : 0);
      args_.rows = tile.size;
      SetRows(tile, k, arranges_next && t != 0);
      if (arranges_next) SetNext(t, tile);
      args_.hints.prefetch = FetchesToPack() ? LinesToPack(t, col) : Prefetches(t, tile, next_b);
      if (!direct) {
        args_.c = Slot(t);
        args_.c_stride = plan_.tile.cols;
        if (i == 0) args_.add = BeginTile(stage_, InProduct(tile), {col, cols}, args_.c, args_.c_stride);
        SetWritten(args_, rows_.begin + tile.begin, col, cols, &stage_);
      }
      args_.row = rows_.begin + tile.begin;
      waiting_.RunWith(args_, [&]() HWY_ATTR { RunTile(); });
      if (tail_apart) args_.a_tail += tile.size * P::kKR;
      if (direct) {
        args_.c += tile.size * args_.c_stride;
        args_.hints.written += tile.size * args_.hints.written_stride;
      } else if (last && args_.finish == nullptr) {
        waiting_.Set(Slot(t), plan_.tile.cols, InProduct(tile), {col, cols});
      }
    }
    arranged_ = true;
    first_slot_ = (first_slot_ + tiles_) % plan_.buffers;
  }

  // All rows of the block in one call, where no stage follows.
  HWY_INLINE void RunRowsInPlace(Part k, size_t col, size_t cols, bool direct) {
    args_.a_tail = nullptr;
    args_.rows = rows_.size;
    SetRows({0, rows_.size}, k, false);
    args_.hints.prefetch = {args_.b, 0, 0};
    if (!direct) {
      args_.c = Slot(0);
      args_.c_stride = plan_.tile.cols;
      SetWritten(args_, rows_.begin, col, cols, &stage_);
    }
    args_.row = rows_.begin;
    RunTile();
    arranged_ = true;
  }

  HWY_INLINE void RunTile() {
    if constexpr (P::kInPlaceNR != 0) {
      if (IsInPlace<P>(plan_.tile)) {
        CheckTileArgs<P>(args_, true);
        return P::TileInPlace(args_);
      }
    }
    CheckTileArgs<P>(args_);
    P::Tile(state_, args_);
  }

  // Whether tiles fetch the lines of plain K x N that are packed after them. (Those of N x K come one after the other.)
  // A tile fetches a line of a quarter of the rows at most, and no more than two of three tiles do: fewer rows of A
  // leave too little time for it.
  bool FetchesToPack() const {
    return plan_.fetches_to_pack && 3 * Portions(plan_.pack_groups * plan_.tile.cols) <= 2 * plan_.pack_groups * tiles_;
  }
  size_t Portions(size_t cols) const { return 4 * DivideUp(cols * sizeof(B), PackedPanels::kLineBytes); }

  // What is packed after chunk `i` of the groups `strip`, whole groups alone.
  struct ToPack {
    Part k, cols;
  };
  ToPack NextToPack(Part strip, size_t i) const {
    const size_t next = i + 1 == plan_.chunks ? 0 : i + 1;
    if (next == 0) strip = {strip.begin + strip.size, plan_.pack_groups};
    const size_t nr = plan_.tile.cols, col = Min(strip.begin * nr, plan_.n);
    return {plan_.Chunk(next), {col, Min(strip.size, (plan_.n - col) / nr) * nr}};
  }
  // What tile `t` of the group of columns from `col` on fetches of these.
  PrefetchStreams LinesToPack(size_t t, size_t col) const {
    const size_t portions = Portions(next_.cols.size), tiles = plan_.pack_groups * tiles_;
    const size_t i = (col - first_col_) / plan_.tile.cols * tiles_ + t, portion = i * portions / tiles;
    if (portion == (i + 1) * portions / tiles) return {args_.b, 0, 0};  // another tile's
    const MatrixView<const B> b = b_.plain().template As<B>();
    const size_t line = b.row_stride * sizeof(B), row = next_.k.begin + portion % 4 * (next_.k.size / 4);
    const size_t lines_before = portion / 4 * PackedPanels::kLineBytes;
    return {reinterpret_cast<const char*>(b.Row(row) + next_.cols.begin) + lines_before, line, 2 * line, 4 * line};
  }

  // What tile `t` fetches for later tiles.
  PrefetchStreams Prefetches(size_t t, Part tile, const B* next_b) const {
    if (IsInPlace<P>(plan_.tile)) return {args_.b, 0, 0};
    if (t + 2 >= tiles_ && next_b != nullptr) {  // the last two tiles fetch a half each
      // A step of K is 16 elements of a panel, and the four streams take a quarter of them each.
      const size_t quarter = args_.k * PackedPanels::kColumns / 4;
      return {next_b + (t + 2 - tiles_) * quarter, 2 * quarter * sizeof(B), args_.panel_stride * sizeof(B)};
    }
    if (!arranged_ && !plan_.tile.reads_rows && a_.filler == nullptr && args_.next.from == nullptr && t + 1 < tiles_) {
      // The rows that are arranged next, a quarter per stream.
      const size_t quarter = DivideUp(tile.size, 4) * a_.matrix.row_stride * sizeof(A);
      return {a_.matrix.Row(rows_.begin + tile.begin + tile.size), quarter, 2 * quarter};
    }
    if (arranged_ && t + 1 < tiles_ && (2 * tile.size + plan_.tile.cols) * args_.k <= tuning::kL1Bytes) {  // the next
      const size_t quarter = DivideUp(tile.size, 4) * plan_.padded_k * sizeof(ArrangedA);
      return {args_.a + tile.size * plan_.padded_k, quarter, 2 * quarter};
    }
    return {args_.b, 0, 0};
  }

  // Tile's rows: in place, or arranged in the first group of columns, here or by the tile before. Tile then finds them
  // in L1.
  void SetRows(Part tile, Part k, bool by_tile) {
    if constexpr (kMayReadRows<P>) {
      if (plan_.tile.reads_rows) {
        args_.a = reinterpret_cast<const ArrangedA*>(a_.matrix.Row(rows_.begin + tile.begin) + k.begin);
        args_.a_step = P::kPieceK;
        return;
      }
    }
    ArrangedA* const arranged = At<ArrangedA>(0) + tile.begin * plan_.padded_k;
    // Not inlined: in RunChunk its loop lacks registers (512 cubed, u8: 94 against 97 % of peak).
    if (!arranged_ && !by_tile) ArrangeRowsApart<P>(a_, InProduct(tile), prepares_, arranged);
    if constexpr (P::kOwes) {
      int32_t* const owed = OwedByColumns() + plan_.tile.cols + tile.begin;
      if (!arranged_) P::OweRows(arranged, tile.size, RoundUp(plan_.k, P::kKR), owed);
      args_.owed.rows = owed;
    }
    args_.a = arranged + k.begin * tile.size;
    args_.a_step = tile.size * P::kPieceK;
  }

  // What tile `t` arranges for the next one, if there is one.
  void SetNext(size_t t, Part tile) {
    args_.next.from = nullptr;
    if (t + 1 == tiles_) return;
    const size_t begin = tile.begin + tile.size;
    args_.next.from = reinterpret_cast<const uint8_t*>(a_.matrix.Row(rows_.begin + begin));
    args_.next.stride = a_.matrix.row_stride * sizeof(A);
    args_.next.rows = tile_rows_ + (t + 1 < longer_tiles_ ? 1 : 0);
    args_.next.last_bytes = (plan_.k - 1) % P::kPieceK + 1;
    args_.next.to = reinterpret_cast<uint8_t*>(At<ArrangedA>(0) + begin * plan_.padded_k);
    args_.next.flip = FormOf<P>().flip;
  }

  // Of the product's rows, those of a tile.
  Part InProduct(Part tile) const { return {rows_.begin + tile.begin, tile.size}; }

  void PrepareB(size_t padded_k) {
    ArrangedB* to = At<ArrangedB>(plan_.b_arranged_at);
    for (size_t p = 0; p < args_.panels; ++p) {
      const B* const from = args_.b + p * args_.panel_stride;
      ArrangedB* const panel = to + p * padded_k * PackedPanels::kColumns;
      if constexpr (P::kOwes) {
        P::ArrangePanel(from, args_.b_k, panel, OwedByColumns() + p * PackedPanels::kColumns);
      } else {
        P::ArrangePanel(from, args_.b_k, panel);
      }
    }
    args_.b_arranged = to;
    args_.owed.columns = OwedByColumns();
  }

  // Of a group of columns; then follows what the rows of the block owe.
  HWY_INLINE int32_t* OwedByColumns() const { return At<int32_t>(plan_.owed_at); }

  // Straight to C, from the first row of the block on.
  HWY_INLINE void SetDirect(size_t col, size_t cols) {
    if (const StoreSums<Acc>* sums = PlainSums<Acc>(stage_)) {
      args_.c = sums->c + rows_.begin * sums->c_stride + col;
      args_.c_stride = sums->c_stride;
      args_.add = sums->accumulate;
      SetWritten(args_, rows_.begin, col, cols);
    }
  }

  Acc* Slot(size_t t) const {
    t += first_slot_;
    if (plan_.chunks == 1) {
      t %= 2;
    } else if (t >= plan_.buffers) {
      t -= plan_.buffers;
    }
    return At<Acc>(plan_.tiles_at + t * TileBytes(kTraits, plan_.tile));
  }

  const MatMulPlan& plan_;
  const RowSource<A>& a_;
  const bool prepares_;
  const WeightsRef& b_;
  const Stage stage_;  // a copy: stores through its pointers cannot change it
  uint8_t* const scratch_;
  WaitingTileOf<P, Stage> waiting_;
  typename P::State& state_;
  // Panels of b_: all, or of those columns that are packed at the time, from first_col_ on.
  const B* panels_;
  const int32_t* column_sums_;
  size_t panels_n_, first_col_ = 0, first_slot_ = 0;
  ToPack next_{};
  TileArgs<ArrangedA, B, ArrangedB, Acc> args_;  // set piece by piece, each member before the first Tile
  TileFinish finish_;
  Part rows_{};
  bool arranged_ = false;                                // all rows of the block, or none
  size_t tiles_ = 0, tile_rows_ = 0, longer_tiles_ = 0;  // the first longer_tiles_ have one row more
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
