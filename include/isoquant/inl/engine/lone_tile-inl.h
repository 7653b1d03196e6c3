// Template layer: products of few rows, one tile of them: A is arranged once, then each group of columns is one call of
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

#include "isoquant/cpu.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Of CPUs that matter here.
constexpr size_t kSmallestL2 = size_t{128} << 10;

template <class P>
size_t LoneTileScratchBytes(const TileShape<P>& shape, size_t rows, size_t k, bool reads_rows) {
  return ArrangedBytes<P>(rows, k, reads_rows) + 2 * shape.TileBytes();
}

// One tile of rows times a part of the columns, all of K at once.
template <class P, class Stage>
class LoneTile {
  using ArrangedA = typename P::ArrangedA;
  using Args = TileArgs<ArrangedA, typename P::ArrangedB>;

 public:
  // Under the float environment of the stage, which whatever computes floats must not be inlined into.
  static HWY_INLINE void Run(const TileShape<P>& shape, const MatrixView<const typename P::A>& a, Part rows,
                             bool reads_rows, const PackedPanels& b, Part cols, const Stage& stage, uint8_t* scratch) {
    if constexpr (MayInlineFloats<Stage>::value) {
      RunApart(shape, a, rows, reads_rows, b, cols, stage, scratch);
    } else {
      RunInline(shape, a, rows, reads_rows, b, cols, stage, scratch);
    }
  }

 private:
  static HWY_NOINLINE void RunApart(const TileShape<P>& shape, const MatrixView<const typename P::A>& a, Part rows,
                                    bool reads_rows, const PackedPanels& b, Part cols, const Stage& stage,
                                    uint8_t* scratch) {
    RunInline(shape, a, rows, reads_rows, b, cols, stage, scratch);
  }
  static HWY_INLINE void RunInline(const TileShape<P>& shape, const MatrixView<const typename P::A>& a, Part rows,
                                   bool reads_rows, const PackedPanels& b, Part cols, const Stage& stage,
                                   uint8_t* scratch) {
    Args args{};
    SetRows(a, rows, reads_rows, b.k, reinterpret_cast<ArrangedA*>(scratch), args);
    args.b_k = RoundUp(b.k, 4);
    args.panel_stride = PackedPanels::PanelBytes(b.k);
    // Weights that do not stay in L2 from call to call. (The first question is cheaper.)
    const bool streams = b.n * b.k >= kSmallestL2 && b.n * b.k >= 2 * DetectCpu().l2_bytes;
    typename P::State state;
    if constexpr (std::is_same<Stage, StoreS32>::value) {
      // All groups but a last one that ends within a panel.
      const size_t direct = IsDirect<Stage>(cols.size) ? cols.size : cols.size - cols.size % shape.cols();
      if (direct != 0) RunDirect(shape, rows.begin, b, {cols.begin, direct}, streams, stage, state, args);
      cols = {cols.begin + direct, cols.size - direct};
    }
    if (cols.size == 0) return;
    int32_t* buffers = reinterpret_cast<int32_t*>(scratch + ArrangedBytes<P>(rows.size, b.k, reads_rows));
    RunStaged(shape, rows, b, cols, streams, stage, buffers, state, args);
  }

  // Straight to C.
  static HWY_INLINE void RunDirect(const TileShape<P>& shape, size_t row, const PackedPanels& b, Part cols,
                                   bool streams, const StoreS32& stage, typename P::State& state, Args& args) {
    args.c = stage.c + row * stage.c_stride + cols.begin;
    args.c_stride = stage.c_stride;
    args.written_stride = stage.c_stride * sizeof(*stage.c);
    args.add = stage.accumulate;
    SetColumns(b, cols.begin, args);
    for (size_t left = cols.size;; Advance(shape, args), args.c += shape.cols()) {
      const size_t size = Min(shape.cols(), left);
      SetSize(size, streams, args);
      args.written = reinterpret_cast<const char*>(args.c);
      args.written_bytes = size * sizeof(*args.c);
      P::Tile(state, args);
      left -= size;
      if (left == 0) return;
    }
  }

  static HWY_INLINE void RunStaged(const TileShape<P>& shape, Part rows, const PackedPanels& b, Part cols, bool streams,
                                   const Stage& stage_in, int32_t* buffer, typename P::State& state, Args& args) {
    const Stage stage = stage_in;  // a copy: stores through its pointers cannot change it
    int32_t* other = buffer + shape.rows() * shape.cols();
    Part waiting{};  // columns in `other` that the stage has not seen
    const size_t end = cols.begin + cols.size;
    args.c_stride = shape.cols();
    args.add = false;
    SetColumns(b, cols.begin, args);
    for (Part now{cols.begin, 0}; now.begin < end; now.begin += now.size, Advance(shape, args)) {
      now.size = Min(shape.cols(), end - now.begin);
      SetSize(now.size, streams, args);
      args.c = buffer;
      SetWritten(args, rows.begin, now.begin, now.size, &stage);
      P::Tile(state, args);
      if (waiting.size != 0) RunStage(stage, other, shape.cols(), rows, waiting);
      waiting = now;
      std::swap(buffer, other);
    }
    RunStage(stage, other, shape.cols(), rows, waiting);
  }

  // The columns from `col` on, how many of them, and the next ones.
  static HWY_INLINE void SetColumns(const PackedPanels& b, size_t col, Args& args) {
    args.b = b.panels + col / PackedPanels::kColumns * args.panel_stride;
    args.column_sums = P::kColumnSums ? b.column_sums + col : nullptr;
  }
  static HWY_INLINE void SetSize(size_t cols, bool streams, Args& args) {
    args.panels = PackedPanels::NumPanels(cols);
    args.prefetch.from = streams ? nullptr : args.b;
  }
  static HWY_INLINE void Advance(const TileShape<P>& shape, Args& args) {
    args.b += shape.cols() / PackedPanels::kColumns * args.panel_stride;
    if (P::kColumnSums) args.column_sums += shape.cols();
  }

  static HWY_INLINE void SetRows(const MatrixView<const typename P::A>& a, Part rows, bool reads_rows, size_t k,
                                 ArrangedA* arranged, Args& args) {
    args.rows = rows.size;
    args.k = RoundUp(k, P::kKR);
    if constexpr (P::kReadsRows) {
      if (reads_rows) {
        PrepareTails<P>(a, rows, arranged);
        args.a = a.Row(rows.begin);
        args.a_stride = a.row_stride;
        args.a_step = P::kKR;
        if (args.k != k) {
          args.a_tail = arranged;
          args.k -= P::kKR;
        }
        return;
      }
    }
    if constexpr (P::kArranges) P::ArrangeTile(a.Row(rows.begin), a.row_stride, k, rows.size, arranged);
    args.a = arranged;
    args.a_stride = P::kPieceK;
    args.a_step = rows.size * P::kPieceK;
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
