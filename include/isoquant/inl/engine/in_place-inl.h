// Engine: products of f32 whose operands are read where they lie (isa/tile_in_place-inl.h), packed or plain, where B is
// small or has few columns. (Few rows of a large plain B: plain_float_rows-inl.h.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/tile_fma-inl.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/util/float_environment.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

#if ISOQUANT_FLOATS_IN_PLACE

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

using F32InPlace = F32Policy::PlainTile;

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

// Whether there are products, and B has lines to read.
HWY_INLINE bool HasLines(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  return a.rows != 0 && a.cols != 0 && n != 0 && (b.packed() != nullptr || !b.transposed());
}

// Whether a product is better off so than with rows of A arranged and B in panels.
HWY_INLINE bool SuitsInPlace(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  return HasLines(a, b, n) && (StaysInL2(b) || HasFewColumns(b));
}

// C = [C +] A B of some rows and columns; these begin at a multiple of 16. K is taken a chunk of lines of B at a time.
// Run is not inlined: the caller has set the float environment.
//
// Members are references, and what all tiles have in common is stored once: compilers copy several numbers as a vector,
// and where these were stored one by one, its load waits until the caches have them.
class InPlaceBlock {
 public:
  InPlaceBlock(const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c, bool accumulate)
      : a_(a), b_(b), c_(c), accumulate_(accumulate), chunk_(Lines(b)) {}

  HWY_NOINLINE void Run(Part rows, Part cols) const {
    const LinesOfB b(b_);
    const float* const first = b.data + cols.begin / PackedPanels::kColumns * b.panel;
    F32InPlace::Args args;
    args.a_stride = a_.row_stride;
    args.b_line = b.line;
    args.b_panel = b.panel;
    args.ends_within = false;
    args.c_stride = c_.row_stride;
    const size_t tiles = DivideUp(rows.size, F32InPlace::Rows(a_.row_stride, cols.size));
    for (size_t k = 0; k < a_.cols; k += chunk_) {
      args.k = Min(chunk_, a_.cols - k);
      args.add = accumulate_ || k != 0;
      for (size_t t = 0; t < tiles; ++t) {
        const Part tile = SplitEvenly(rows.size, tiles, t);
        args.rows = tile.size;
        args.a = a_.Row(rows.begin + tile.begin) + k;
        args.b = first + k * b.line;
        args.c = c_.Row(rows.begin + tile.begin) + cols.begin;
        F32InPlace::Run(args, cols.size, LinesAhead());
      }
    }
  }

 private:
  // So many of B, which are what L2 holds at a time, are multiplied before the next ones.
  static size_t Lines(const WeightsRef& b) {
    return StaysInL2(b) ? b.k() : DetectedCaches().L2Bytes() / (sizeof(float) * b.n());
  }

  const MatrixView<const float>& a_;
  const WeightsRef& b_;
  const MatrixView<float>& c_;
  const bool accumulate_;
  const size_t chunk_;
};

// Whether a product is one tile of rows, and B is small. Such a one takes the short way: while its products are under
// way, a CPU looks ahead as far as the first products of the next call, if few instructions are in between. (Zen 4:
// MatMulF32 16/16/16 takes 0.87 of the time that it takes in blocks; 1/16/16 0.6, 4/64/64 0.91 and 12/64/64 0.96 of
// that with rows arranged.)
HWY_INLINE bool IsTileInPlace(const MatrixView<const float>& a, const WeightsRef& b, size_t n) {
  return HasLines(a, b, n) && a.cols * n <= tuning::kSmallestL2 / sizeof(float) &&
         a.rows <= F32InPlace::Rows(a.row_stride, n);
}
HWY_INLINE Status MultiplyTileInPlace(const MatrixView<const float>& a, const WeightsRef& weights,
                                      const MatrixView<float>& c, bool accumulate) {
  const LinesOfB b(weights);
  F32InPlace::Args args{a.data, a.row_stride, b.data,       b.line, b.panel, a.cols,
                        false,  c.data,       c.row_stride, a.rows, c.cols,  accumulate};
  const ScopedFloatEnvironment environment;
  F32InPlace::Run(args, c.cols, LinesAhead());
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
  constexpr size_t kGroup = F32InPlace::kFewPanels * PackedPanels::kColumns;
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

#endif  // ISOQUANT_FLOATS_IN_PLACE
#endif  // per-target include guard
