// Engine: products of f32 whose operands are read where they lie (isa/tile_in_place-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/util/float_environment.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

#if ISOQUANT_F32_IN_PLACE

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// B in place: line k of the 16 columns from 16 p on is at data + k * line + p * panel.
struct LinesOfB {
  const float* data;
  size_t line, panel;

  HWY_INLINE explicit LinesOfB(const WeightsRef& weights) {
    if (const PackedPanels* b = weights.packed()) {
      data = reinterpret_cast<const float*>(b->panels);
      line = PackedPanels::kColumns;
      panel = b->k * PackedPanels::kColumns;
    } else {
      const MatrixView<const float> plain = weights.plain().As<float>();
      data = plain.data;
      line = plain.row_stride;
      panel = PackedPanels::kColumns;
    }
  }
};

// B of a product of which rows of A are read in place stays in L2 beside them.
HWY_INLINE bool StaysInL2(const WeightsRef& b) {
  const size_t bytes = b.k() * b.n() * sizeof(float);
  return bytes <= tuning::kSmallestL2 || bytes <= DetectedCaches().L2Bytes() / tuning::kL2ShareOfB;
}

// B has so few columns that arranging rows of A, or packing B, would show.
HWY_INLINE bool HasFewColumns(const WeightsRef& b) {
  if (b.packed() != nullptr) return b.n() <= tuning::kFewColumnsInPlace;
  const size_t longest = HWY_TARGET == HWY_AVX2 ? tuning::kLongestLineInPlace : tuning::kLongestLineInPlaceOf512Bits;
  return b.n() > PackedPanels::kColumns / 2 && b.plain().As<float>().row_stride <= longest;
}

// How B is read: all of it out of L2, as many lines at a time as L2 holds, or from end to end of its rows, which are
// plain, some at a time.
enum class WaysOfB : uint8_t { kStays, kInChunks, kStreams };
HWY_INLINE WaysOfB WayOf(const WeightsRef& b) {
  if (StaysInL2(b)) return WaysOfB::kStays;
  return HasFewColumns(b) ? WaysOfB::kInChunks : WaysOfB::kStreams;
}

// Whether there are products, and B has lines to read.
HWY_INLINE bool HasLines(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  return a.rows != 0 && a.cols != 0 && n != 0 && (b.packed() != nullptr || !b.transposed());
}

// Whether a product is better off so than with rows of A arranged and B in panels.
HWY_INLINE bool SuitsInPlace(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  if (!HasLines(a, b, n)) return false;
  return WayOf(b) != WaysOfB::kStreams || (b.packed() == nullptr && a.rows <= tuning::kMostRowsInPlace);
}

// Rows of a tile. Of rows at such distances, a tile's lines share a set of L1, which has eight of them.
HWY_INLINE size_t RowsInPlace(const MatrixView<const float>& a, size_t n) {
  constexpr size_t kSet = 4096;
  if (a.row_stride * sizeof(float) % kSet == 0) return InPlaceTiles::kRowsOfASet;
  return n <= PackedPanels::kColumns ? InPlaceTiles::kTallMR : InPlaceTiles::kMR;
}

// What a tile reads some tiles later: prefetchers of L1 do not follow as many rows of B as there are in a chunk. With
// 256-bit vectors a tile has half as many columns, and prefetches cost more than they gain (Zen 3: MatMulF32Plain
// 1/768/3072 1.4 times as fast without, 1/4096/4096 1.2 times, 16/4096/4096 1.15 times, 6/4096/4096 0.97 times).
constexpr bool kFetchesAhead = HWY_TARGET != HWY_AVX2;
HWY_INLINE void FetchAhead(const InPlaceArgs& args, ptrdiff_t ahead) {
  const float* line = args.b + ahead;
  for (size_t k = 0; k < args.k; ++k, line += args.b_line) {
    for (size_t col = 0; col < args.cols; col += PackedPanels::kColumns) hwy::Prefetch(line + col);
  }
}

// How far on that is, in elements: in the same lines, and, from the last columns of these, in the next ones. 0: nothing
// is fetched.
struct LinesAhead {
  ptrdiff_t same = 0, next = 0;
};

// A tile of rows, times `cols` columns, at least one, from those of args on.
HWY_INLINE void RunTiles(InPlaceArgs& args, size_t cols, LinesAhead ahead) {
  constexpr size_t kColumns = PackedPanels::kColumns, kWide = InPlaceTiles::kPanels * kColumns;
  const size_t widest = InPlaceTiles::Columns(args.rows);
  for (size_t left = cols;;) {
    args.cols = left >= widest ? widest : left >= kWide ? kWide : Min(left, kColumns);
    const ptrdiff_t distance = left > tuning::kColumnsAhead ? ahead.same : ahead.next;
    if (distance != 0) FetchAhead(args, distance);
    InPlaceTiles::Tile(args);
    left -= args.cols;
    if (left == 0) return;
    args.b += args.cols / kColumns * args.b_panel;
    args.c += args.cols;
  }
}

// C = [C +] A B of some rows and columns; these begin at a multiple of 16. K is taken a chunk of lines of B at a time.
// Run is not inlined: the caller has set the float environment.
//
// Members are references, and what all tiles have in common is stored once: compilers copy several numbers as a vector,
// and where these were stored one by one, its load waits until the caches have them.
class InPlaceBlock {
 public:
  InPlaceBlock(const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c, bool accumulate)
      : a_(a), b_(b), c_(c), accumulate_(accumulate), way_(WayOf(b)), chunk_(Lines(b)) {}

  HWY_NOINLINE void Run(Part rows, Part cols) const {
    const LinesOfB b(b_);
    const float* const first = b.data + cols.begin / PackedPanels::kColumns * b.panel;
    InPlaceArgs args;
    args.a_stride = a_.row_stride;
    args.b_line = b.line;
    args.b_panel = b.panel;
    args.c_stride = c_.row_stride;
    const size_t tiles = DivideUp(rows.size, RowsInPlace(a_, cols.size));
    for (size_t k = 0; k < a_.cols; k += chunk_) {
      args.k = Min(chunk_, a_.cols - k);
      args.add = accumulate_ || k != 0;
      for (size_t t = 0; t < tiles; ++t) {
        const Part tile = SplitEvenly(rows.size, tiles, t);
        args.rows = tile.size;
        args.a = a_.Row(rows.begin + tile.begin) + k;
        args.b = first + k * b.line;
        args.c = c_.Row(rows.begin + tile.begin) + cols.begin;
        RunTiles(args, cols.size, t == 0 ? Ahead(b, k, cols.size) : LinesAhead());  // the first tile fetches for all
      }
    }
  }

 private:
  // Of `cols` columns of the lines from k on.
  LinesAhead Ahead(const LinesOfB& b, size_t k, size_t cols) const {
    if (!kFetchesAhead || way_ != WaysOfB::kStreams) return LinesAhead();
    const ptrdiff_t same = tuning::kColumnsAhead;
    if (k + 2 * chunk_ > a_.cols || cols <= tuning::kColumnsAhead) return {same, 0};
    return {same, static_cast<ptrdiff_t>(chunk_ * b.line) + same - static_cast<ptrdiff_t>(cols)};
  }

  // So many of B are multiplied before the next ones.
  size_t Lines(const WeightsRef& b) const {
    if (way_ == WaysOfB::kStays) return b.k();
    return way_ == WaysOfB::kStreams ? tuning::kLinesInPlace : DetectedCaches().L2Bytes() / (sizeof(float) * b.n());
  }

  const MatrixView<const float>& a_;
  const WeightsRef& b_;
  const MatrixView<float>& c_;
  const bool accumulate_;
  const WaysOfB way_;
  const size_t chunk_;
};

// Whether a product is one tile of rows, and B is small. Such a one takes the short way: while its products are under
// way, a CPU looks ahead as far as the first products of the next call, if few instructions are in between. (Zen 4:
// MatMulF32 16/16/16 takes 0.87 of the time that it takes in blocks; 1/16/16 0.6, 4/64/64 0.91 and 12/64/64 0.96 of
// that with rows arranged.)
HWY_INLINE bool IsTileInPlace(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  return HasLines(a, b, n) && a.cols * n <= tuning::kSmallestL2 / sizeof(float) && a.rows <= RowsInPlace(a, n);
}
HWY_INLINE Status MultiplyTileInPlace(const MatrixView<const float>& a, const WeightsRef& weights,
                                      const MatrixView<float>& c, bool accumulate) {
  const LinesOfB b(weights);
  InPlaceArgs args{a.data, a.row_stride, b.data, b.line, b.panel,   a.cols,
                   c.data, c.row_stride, a.rows, c.cols, accumulate};
  const ScopedFloatEnvironment environment;
  RunTiles(args, c.cols, LinesAhead());
  return Status();
}

// All of a product that SuitsInPlace.
[[maybe_unused]] HWY_NOINLINE Status MultiplyInPlace(Context& context, const MatrixView<const float>& a,
                                                     const WeightsRef& b, const MatrixView<float>& c, bool accumulate) {
  const InPlaceBlock block(a, b, c, accumulate);
  const ProductShape shape{c.rows, a.cols, c.cols, context.NumWorkers(), false, RowsOfA::kAnywhere};
  if (IsForOneWorker(shape)) {
    const ScopedFloatEnvironment environment;
    block.Run({0, c.rows}, {0, c.cols});
    return Status();
  }
  constexpr size_t kGroup = InPlaceTiles::kFewPanels * PackedPanels::kColumns;
  const size_t tasks = WantedTasks(shape);
  const size_t groups = DivideUp(c.cols, kGroup), row_parts = Min(tasks, Max(c.rows / tuning::kMinRowsPerTask, 1));
  const size_t column_parts = Min(DivideUp(tasks, row_parts), groups);
  const auto task = [&](size_t i, size_t) {
    const Part part = SplitEvenly(groups, column_parts, i % column_parts);
    const size_t begin = part.begin * kGroup;
    const ScopedFloatEnvironment environment;
    block.Run(SplitEvenly(c.rows, row_parts, i / column_parts), {begin, Min(part.size * kGroup, c.cols - begin)});
  };
  context.Run(row_parts * column_parts, TaskRef(task));
  return Status();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_F32_IN_PLACE
#endif  // per-target include guard
