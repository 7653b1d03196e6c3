// Engine: products of few rows, one tile of them: A is arranged once, then each group of columns is one call of
// the policy's Tile, and B is read once, from wherever it lies. This is the way of small products too: it is short.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_LONE_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_LONE_TILE_INL_H_
#undef ISOQUANT_INL_ENGINE_LONE_TILE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_LONE_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/waiting_tile-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One tile of rows times a part of the columns, all of K at once.
template <class P, class Stage>
class LoneTile {
  using B = typename P::B;
  using Acc = typename P::Acc;
  using ArrangedA = typename P::ArrangedA;
  using Args = TileArgs<ArrangedA, B, typename P::ArrangedB, Acc>;
  using Source = RowSource<typename P::A>;
  static constexpr TileTraits kTraits = TraitsOf<P>();
  // A single row, arranged, is that row (ArrangeTile in isa/tile-inl.h): 1 x 16 x 16 of f32 takes 0.9 of the time.
  static constexpr bool kArrangesNothingAlone =
      std::is_same<typename P::A, ArrangedA>::value && P::kKR == 1 && !P::kColumnSums;

 public:
  // For policies without kRunsBetween: RunStaged has what waits in locals, because with a TileBehind in Carry, which is
  // in memory, 1/64/64 takes 1.05 times as long.
  struct NoWaitingTile {
    explicit NoWaitingTile(const Stage&) {}
  };

  // What one worker keeps from one tile of rows to the next.
  struct Carry {
    explicit Carry(const Stage& stage) : waiting(stage) {}

    typename P::State state;
    std::conditional_t<P::kRunsBetween, WaitingTileOf<P, Stage>, NoWaitingTile> waiting;
  };

  // `scratch` is for rows, `buffers` for two tiles of sums. The last tile may be left in `carry`.
  //
  // The caller has set the float environment of the stage. Code that computes floats must be a call of its own there,
  // because compilers move arithmetic across that setting. `prepares`: a filler of A has not prepared the rows yet.
  static HWY_INLINE void Run(const TilePlan& tile, const Source& a, Part rows, bool prepares, const PackedPanels& b,
                             Part cols, const Stage& stage, uint8_t* scratch, uint8_t* buffers, Carry& carry) {
    if constexpr (kMayInlineFloats<Stage, Acc>) {
      RunApart(tile, a, rows, prepares, b, cols, stage, scratch, buffers, carry);
    } else {
      RunInline(tile, a, rows, prepares, b, cols, stage, scratch, buffers, carry);
    }
  }

 private:
  static HWY_NOINLINE void RunApart(const TilePlan& tile, const Source& a, Part rows, bool prepares,
                                    const PackedPanels& b, Part cols, const Stage& stage, uint8_t* scratch,
                                    uint8_t* buffers, Carry& carry) {
    RunInline(tile, a, rows, prepares, b, cols, stage, scratch, buffers, carry);
  }
  static HWY_INLINE void RunInline(const TilePlan& tile, const Source& a, Part rows, bool prepares,
                                   const PackedPanels& b, Part cols, const Stage& stage, uint8_t* scratch,
                                   uint8_t* buffers, Carry& carry) {
    Args args;  // each member is set, here or below: zeros for all of them cost 5 % of the instructions of 1 x 16 x 16
    args.a_tail = nullptr;
    args.b_arranged = nullptr;
    args.next.from = nullptr;
    if constexpr (P::kRunsBetween) args.between = nullptr;
    args.hints.a_streams = false;
    args.hints.prefetch.inner = args.hints.prefetch.outer = 0;
    SetRows(tile, a, rows, prepares, reinterpret_cast<ArrangedA*>(scratch), args);
    args.b_k = RoundUp(b.k, kTraits.Group());
    args.panel_stride = kTraits.PanelBytes(b.k) / sizeof(B);
    args.hints.b_from_memory = tile.b_from_memory;
    if (const StoreSums<Acc>* sums = PlainSums<Acc>(stage)) {
      // All groups but a last one that ends within a panel.
      const size_t direct = cols.size % PackedPanels::kColumns == 0 ? cols.size : cols.size - cols.size % tile.cols;
      if (direct != 0) RunDirect(tile, rows.begin, b, {cols.begin, direct}, *sums, carry, args);
      cols = {cols.begin + direct, cols.size - direct};
    }
    if (cols.size == 0) return;
    RunStaged(tile, rows, b, cols, stage, reinterpret_cast<Acc*>(buffers), carry, args);
  }

  // Straight to C.
  static HWY_INLINE void RunDirect(const TilePlan& tile, size_t row, const PackedPanels& b, Part cols,
                                   const StoreSums<Acc>& stage, Carry& carry, Args& args) {
    args.c = stage.c + row * stage.c_stride + cols.begin;
    args.c_stride = stage.c_stride;
    args.hints.written_stride = stage.c_stride * sizeof(*stage.c);
    args.add = stage.accumulate;
    SetColumns(b, cols.begin, args);
    for (size_t left = cols.size;;) {
      const size_t size = Min(tile.cols, left);
      SetSize(size, args);
      args.hints.written = reinterpret_cast<const char*>(args.c);
      args.hints.written_bytes = size * sizeof(*args.c);
      CheckTileArgs<P>(args);
      P::Tile(carry.state, args);
      left -= size;
      if (left == 0) return;
      args.c += args.panels * PackedPanels::kColumns;
      Advance(args);
    }
  }

  static HWY_INLINE void RunStaged(const TilePlan& tile, Part rows, const PackedPanels& b, Part cols,
                                   const Stage& stage_in, Acc* buffer, Carry& carry, Args& args) {
    const Stage stage = stage_in;  // a copy: stores through its pointers cannot change it
    Acc* other = buffer + tile.rows * tile.cols;
    if constexpr (P::kRunsBetween) {
      if (carry.waiting.sums() == buffer) std::swap(buffer, other);
    }
    Part waiting{};  // columns in `other` that the stage has not seen
    const size_t end = cols.begin + cols.size;
    args.c_stride = tile.cols;
    SetColumns(b, cols.begin, args);
    if constexpr (!P::kRunsBetween) {
      if (HWY_LIKELY(cols.size <= tile.cols)) {  // the way of small products: the loop takes 20 instructions more
        SetBuffer(stage, rows, cols, buffer, args);
        P::Tile(carry.state, args);
        return RunStage(stage, buffer, tile.cols, rows, cols);
      }
    }
    for (Part now{cols.begin, 0};; now.begin += now.size, Advance(args)) {
      now.size = Min(tile.cols, end - now.begin);
      SetBuffer(stage, rows, now, buffer, args);
      if constexpr (P::kRunsBetween) {
        carry.waiting.RunWith(args, [&]() HWY_ATTR { P::Tile(carry.state, args); });
        carry.waiting.Set(buffer, tile.cols, rows, now);
      } else {
        P::Tile(carry.state, args);
        if (waiting.size != 0) RunStage(stage, other, tile.cols, rows, waiting);
      }
      waiting = now;
      std::swap(buffer, other);
      if (now.begin + now.size == end) break;
    }
    if constexpr (!P::kRunsBetween) RunStage(stage, other, tile.cols, rows, waiting);
  }

  // The sums of a tile, which go to a buffer.
  static HWY_INLINE void SetBuffer(const Stage& stage, Part rows, Part cols, Acc* buffer, Args& args) {
    SetSize(cols.size, args);
    args.c = buffer;
    args.add = BeginTile(stage, rows, cols, buffer, args.c_stride);
    SetWritten(args, rows.begin, cols.begin, cols.size, &stage);
    CheckTileArgs<P>(args);
  }

  // The columns from `col` on, how many of them, and the next ones.
  static HWY_INLINE void SetColumns(const PackedPanels& b, size_t col, Args& args) {
    args.b = reinterpret_cast<const B*>(b.panels) + col / PackedPanels::kColumns * args.panel_stride;
    args.column_sums = P::kColumnSums ? b.column_sums + col : nullptr;
  }
  static HWY_INLINE void SetSize(size_t cols, Args& args) {
    args.panels = PackedPanels::NumPanels(cols);
    args.c_cols = cols;
    args.hints.prefetch.from = args.b;  // nothing else comes later
  }
  // From what Tile has read: with tile.cols in its place, compilers compute the distances before the first tile.
  static HWY_INLINE void Advance(Args& args) {
    args.b += args.panels * args.panel_stride;
    if (P::kColumnSums) args.column_sums += args.panels * PackedPanels::kColumns;
  }

  static HWY_INLINE void SetRows(const TilePlan& tile, const Source& a, Part rows, bool prepares, ArrangedA* arranged,
                                 Args& args) {
    const size_t k = a.matrix.cols;
    args.rows = rows.size;
    args.k = RoundUp(k, P::kKR);
    if constexpr (P::kReadsRows) {
      if (tile.reads_rows) {
        PrepareInPlace<P>(a, rows, prepares, arranged);
        args.a = a.matrix.Row(rows.begin);
        args.a_stride = a.matrix.row_stride;
        args.a_step = P::kPieceK;
        if (args.k != k) {
          args.a_tail = arranged;
          args.k -= P::kKR;
        }
        return;
      }
    }
    args.a_stride = P::kPieceK;
    if constexpr (kArrangesNothingAlone) {
      if (rows.size == 1 && HWY_LIKELY(a.IsPlain())) {
        args.a = a.matrix.Row(rows.begin);
        args.a_step = P::kPieceK;
        return;
      }
    }
    Arrange(a, rows, prepares, arranged);
    args.a = arranged;
    args.a_step = rows.size * P::kPieceK;
  }

  // A call that is not inlined gets a copy of the source: then the source itself need not be in memory.
  static HWY_INLINE void Arrange(const Source& a, Part rows, bool prepares, ArrangedA* arranged) {
    if constexpr (kHasSums<P>) {
      if (HWY_UNLIKELY(a.row_sums != nullptr)) return ArrangeAndSum<P>(Source(a), rows, prepares, arranged);
    }
    ArrangeRows<P>(a.WithoutSums(), rows, prepares, arranged);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
