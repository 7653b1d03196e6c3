// Engine: products of few rows and a plain K x N of floats, which is read where it lies (isa/tile_in_place-inl.h).
//
// B that is in L2 is read column by column of a tile, all of K at a time. Otherwise it comes from end to end of its
// rows, some rows at a time, and sums wait in C, or in a buffer for the output stage: no prefetcher follows as many
// rows as K has.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PLAIN_FLOAT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PLAIN_FLOAT_ROWS_INL_H_
#undef ISOQUANT_INL_ENGINE_PLAIN_FLOAT_ROWS_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PLAIN_FLOAT_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// All rows of a product times a part of the columns. Rows are those of a matrix. The caller has set the float
// environment.
template <class P, class Stage>
class PlainFloatRows {
  using A = typename P::A;
  using B = typename P::B;
  using Tiles = typename P::PlainTile;

 public:
  PlainFloatRows(const MatMulPlan& plan, const RowSource<A>& a, bool, const WeightsRef& b, const Stage& stage,
                 uint8_t* scratch)
      : plan_(plan),
        b_(b.plain().template As<B>()),
        stage_(stage),
        sums_of_c_(PlainSums<float>(stage_)),
        sums_(reinterpret_cast<float*>(scratch + plan.tiles_at)) {
    HWY_DASSERT(a.filler == nullptr);
    args_.b_line = b_.row_stride;
    args_.b_panel = PackedPanels::kColumns;
    SetRows(a.matrix, reinterpret_cast<typename P::ArrangedA*>(scratch));
    tiles_ = DivideUp(plan.m, Tiles::Rows(args_.a_stride, plan.n));
  }

  HWY_NOINLINE void Run(Part groups) {
    const size_t end = groups.begin + groups.size;
    for (size_t begin = groups.begin; begin < end; begin += plan_.strip_groups) {
      const size_t first = begin * kPlainColumns;
      RunStrip({first, Min(Min(plan_.strip_groups, end - begin) * kPlainColumns, plan_.n - first)});
    }
  }

 private:
  // Rows where they lie, or, if the instruction does not take their elements, row by row as the policy arranges them.
  HWY_INLINE void SetRows(const MatrixView<const A>& a, typename P::ArrangedA* scratch) {
    if constexpr (Tiles::kWords == 0) {
      a_ = a.data;
      args_.a_stride = a.row_stride;
    } else {
      args_.a_stride = plan_.PlainRowWords(Tiles::kWords);
      a_ = reinterpret_cast<const float*>(scratch);
      const size_t elements = args_.a_stride * sizeof(float) / sizeof(*scratch);
      for (size_t row = 0; row < plan_.m; ++row) {
        P::ArrangeTile(a.Row(row), a.row_stride, plan_.k, 1, scratch + row * elements);
      }
    }
  }

  void RunStrip(Part cols) {
    float* const c = sums_of_c_ != nullptr ? sums_of_c_->c + cols.begin : sums_;
    args_.c_stride = sums_of_c_ != nullptr ? sums_of_c_->c_stride : plan_.SumsStride();
    const bool accumulate = sums_of_c_ != nullptr && sums_of_c_->accumulate;
    size_t k = 0;
    do {
      const size_t lines = Min(plan_.lines, plan_.k - k);
      args_.k = DivideUp(lines, Tiles::kGroup);
      args_.ends_within = lines % Tiles::kGroup != 0;
      args_.add = accumulate || k != 0;
      for (size_t t = 0; t < tiles_; ++t) {
        const Part tile = SplitEvenly(plan_.m, tiles_, t);
        args_.rows = tile.size;
        args_.a = a_ + tile.begin * args_.a_stride + k / Tiles::kGroup;
        args_.b = b_.Row(k) + cols.begin;
        args_.c = c + tile.begin * args_.c_stride;
        Tiles::Run(args_, cols.size, t == 0 ? Ahead(k, cols.size) : LinesAhead());  // the first tile fetches for all
      }
      k += lines;
    } while (k < plan_.k);
    if (sums_of_c_ == nullptr) RunStage(stage_, sums_, plan_.SumsStride(), {0, plan_.m}, cols);
  }

  // Of `cols` columns of the lines from k on. From the last ones of these, the next lines are fetched.
  LinesAhead Ahead(size_t k, size_t cols) const {
    const size_t columns = plan_.columns_ahead;
    const bool has_next = columns != 0 && cols > columns && k + 2 * plan_.lines <= plan_.k;
    const ptrdiff_t next = static_cast<ptrdiff_t>(plan_.lines * b_.row_stride + columns) - static_cast<ptrdiff_t>(cols);
    return {columns, static_cast<ptrdiff_t>(columns), has_next ? next : 0};
  }

  const MatMulPlan& plan_;
  const MatrixView<const B> b_;
  const Stage stage_;                        // a copy: stores through its pointers cannot change it
  const StoreSums<float>* const sums_of_c_;  // null: sums go to the stage
  float* const sums_;
  const float* a_;
  size_t tiles_;
  typename Tiles::Args args_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
