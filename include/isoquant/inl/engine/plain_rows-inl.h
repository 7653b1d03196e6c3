// Engine: products of few rows and plain bytes, which are read where they lie (isa/plain_nxk-inl.h).
//
// N x K is read from end to end. K x N that is in L2 is read column by column of 64, all of K at a time, by one tile of
// rows after the other. Otherwise it comes from end to end of its rows, some rows at a time, and sums of these wait in
// a buffer: no prefetcher follows as many rows as K has, and rows that are a multiple of 4 KiB apart share sets of L1.
//
// Tiles of K x N have 64 columns, and read whole lines where they can: B that begins within a line has a first tile
// whose last columns are the second one's, too. So has the last tile, which ends with the row. Each column is stored
// once.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PLAIN_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PLAIN_ROWS_INL_H_
#undef ISOQUANT_INL_ENGINE_PLAIN_ROWS_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PLAIN_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/column_sums.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/plain_vectors-inl.h"
#include "isoquant/inl/isa/row_sums-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// All rows of a product times a part of the columns. Rows are those of a matrix.
template <class P, class Stage>
class PlainRows {
  using A = typename P::A;
  using Tiles = typename P::PlainTile;

 public:
  PlainRows(const MatMulPlan& plan, const RowSource<A>& a, bool prepares, const WeightsRef& b, const Stage& stage,
            uint8_t* scratch)
      : plan_(plan),
        weights_(b),
        b_(b.plain().template As<int8_t>()),
        transposed_(b.transposed()),
        stage_(stage),
        sums_of_c_(PlainSums<int32_t>(stage_)),
        rows_(reinterpret_cast<int32_t*>(scratch)),
        row_words_(plan.PlainRowWords(Tiles::kWords)),
        row_sums_(reinterpret_cast<int32_t*>(scratch + plan.owed_at)),
        sums_(reinterpret_cast<int32_t*>(scratch + plan.tiles_at)),
        slots_(reinterpret_cast<int32_t*>(scratch + plan.slots_at)),
        tiles_(DivideUp(plan.plain_rows, Tiles::kMR)) {
    HWY_DASSERT(a.filler == nullptr);
    const int32_t flip = PackedPanels::OffsetOf(b.type()) ^ (Tiles::kUnsignedB ? 128 : 0);
    args_.flip = static_cast<int8_t>(-flip);
    args_.a_stride = row_words_;
    args_.from_stride = plan.SumsStride();
    const Part all{0, plan.m};
    if (prepares && a.row_sums != nullptr) SumRows(a.matrix, all, a.row_sums);
    if (Tiles::kUnsignedB) SumRows(a.matrix, all, row_sums_);
    for (size_t row = 0; row < plan.m; ++row) Arrange(a.matrix.Row(row), row);
    if (plan.plain_rows != plan.m) {
      HWY_DASSERT(sums_of_c_ == nullptr);
      A* const ones = reinterpret_cast<A*>(scratch + plan.ones_at);
      std::memset(ones, 1, plan.k);
      Arrange(ones, plan.m);
      row_sums_[plan.m] = static_cast<int32_t>(static_cast<uint32_t>(plan.k));
    }
  }

  HWY_NOINLINE void Run(Part groups) {
    const size_t end = groups.begin + groups.size;
    for (size_t begin = groups.begin; begin < end; begin += plan_.strip_groups) {
      RunStrip({begin, Min(plan_.strip_groups, end - begin)});
    }
  }

 private:
  static constexpr size_t kColumns = kPlainColumns;

  void Arrange(const A* from, size_t row) {
    int32_t* const to = rows_ + row * row_words_;
    transposed_ ? Tiles::ArrangeForNxK(from, plan_.k, to) : Tiles::ArrangeForKxN(from, plan_.k, to);
  }

  // The columns of a tile: kColumns from `col` on, if B has as many. Of columns that two tiles have, the first tile's
  // last ones or the last tile's first ones, only the other tile's are stored: those that are stored are `own`.
  struct Group {
    size_t col;
    Part own;
  };
  Group GroupAt(size_t g) const {
    const size_t begin = g == 0 ? 0 : g * kColumns - plan_.shift, n = plan_.n;
    const size_t end = Min((g + 1) * kColumns - plan_.shift, n);
    return {transposed_ || n < kColumns ? begin : Min(begin, n - kColumns), {begin, end - begin}};
  }

  void RunStrip(Part groups) {
    const Part last = GroupAt(groups.begin + groups.size - 1).own;
    first_ = GroupAt(groups.begin).own.begin;
    const size_t cols = last.begin + last.size - first_;
    size_t k = 0;
    do {
      const Part lines{k, Min(plan_.lines, plan_.k - k)};
      for (size_t g = 0; g < groups.size; ++g) {
        const Group group = GroupAt(groups.begin + g);
        args_.ahead = Ahead(lines, group.own.begin - first_, cols);
        RunGroup(lines, group, g * kColumns);
      }
      k += lines.size;
    } while (k < plan_.k);
    Finish(groups, {first_, cols});
  }

  // What is fetched with lines of the group from column `col` of the strip on: the same lines some groups later, or in
  // the first groups lines of the next ones.
  ptrdiff_t Ahead(Part lines, size_t col, size_t cols) const {
    const size_t ahead = plan_.columns_ahead;
    if (col + ahead < cols) return static_cast<ptrdiff_t>(ahead);
    if (lines.begin + 2 * plan_.lines > plan_.k || cols <= ahead) return 0;
    return static_cast<ptrdiff_t>(plan_.lines * b_.row_stride + ahead) - static_cast<ptrdiff_t>(cols);
  }

  // Some lines of a group, whose sums wait at `slot` until they are complete.
  void RunGroup(Part lines, const Group& group, size_t slot) {
    constexpr size_t kCopied = 64;
    if (transposed_) {
      args_.b = b_.Row(group.col);
      args_.b_stride = b_.row_stride;
      args_.k = plan_.k;
      args_.cols = group.own.size;
      return RunTiles(lines, group, slot);
    }
    const size_t cols = Min(kColumns, plan_.n);
    size_t done = 0;
    if (cols == kColumns) {
      args_.b = b_.Row(lines.begin) + group.col;
      args_.b_stride = b_.row_stride;
      done = lines.size / 4 * 4;
      if (done != 0 || lines.size == 0) RunTiles({lines.begin, done}, group, slot);
    } else if (lines.size == 0) {
      RunTiles({0, 0}, group, slot);
    }
    // Lines that are no whole group of four, or fewer columns than a tile has: filled up with zeros.
    while (done < lines.size) {
      HWY_ALIGN int8_t copied[kCopied * kColumns];
      const Part k{lines.begin + done, Min(kCopied, lines.size - done)};
      std::memset(copied, 0, RoundUp(k.size, 4) * kColumns);
      for (size_t i = 0; i < k.size; ++i) std::memcpy(copied + i * kColumns, b_.Row(k.begin + i) + group.col, cols);
      args_.b = copied;
      args_.b_stride = kColumns;
      args_.ahead = 0;
      RunTiles(k, group, slot);
      done += k.size;
    }
  }

  // All rows. The first lines of K begin sums, and the last ones complete them.
  void RunTiles(Part k, const Group& group, size_t slot) {
    const bool is_last = k.begin + k.size == plan_.k;
    const bool direct = is_last && sums_of_c_ != nullptr && (transposed_ || group.own.size == kColumns);
    args_.groups = DivideUp(k.size, 4);
    args_.is_complete = is_last;
    args_.add = direct && sums_of_c_->accumulate;
    args_.to_stride = direct ? sums_of_c_->c_stride : plan_.SumsStride();
    int32_t* const to = direct ? sums_of_c_->c + group.col : is_last ? SumsAt(0, group.col) : slots_ + slot;
    for (size_t t = 0; t < tiles_; ++t) {
      const Part tile = SplitEvenly(plan_.plain_rows, tiles_, t);
      args_.rows = tile.size;
      args_.a = rows_ + tile.begin * row_words_ + k.begin / 4 * Tiles::kWords;
      args_.row_sums = row_sums_ + tile.begin;
      args_.from = k.begin == 0 ? nullptr : slots_ + tile.begin * plan_.SumsStride() + slot;
      args_.to = to + tile.begin * args_.to_stride;
      transposed_ ? Tiles::TileNxK(args_) : Tiles::TileKxN(args_);
    }
  }

  // Where complete sums of a column are. (The last group may begin before the strip.)
  int32_t* SumsAt(size_t row, size_t col) const { return sums_ + row * plan_.SumsStride() + (kColumns + col - first_); }

  // Sums of a strip that are complete: to the stage; or to C, where tiles have not stored them.
  void Finish(Part groups, Part cols) {
    if (plan_.plain_rows != plan_.m) {
      StoreColumnSums(weights_, cols.begin, cols.size, SumsAt(plan_.m, cols.begin), false);
    }
    if (sums_of_c_ == nullptr) {
      return RunStage(stage_, SumsAt(0, cols.begin), plan_.SumsStride(), {0, plan_.m}, cols);
    }
    if (transposed_) return;
    StoreOwn(GroupAt(groups.begin).own);
    if (groups.size != 1) StoreOwn(GroupAt(groups.begin + groups.size - 1).own);
  }
  void StoreOwn(Part own) {
    if (own.size == kColumns) return;  // its tile did
    const hn::CappedTag<int32_t, 16> d;
    for (size_t row = 0; row < plan_.m; ++row) {
      const int32_t* const from = SumsAt(row, own.begin);
      int32_t* const to = sums_of_c_->c + row * sums_of_c_->c_stride + own.begin;
      for (size_t j = 0; j < own.size; j += hn::Lanes(d)) {
        auto sum = hn::LoadU(d, from + j);
        if (sums_of_c_->accumulate) sum = hn::Add(sum, LoadFirst(d, to + j, own.size - j));
        StoreFirst(sum, d, to + j, own.size - j);
      }
    }
  }

  const MatMulPlan& plan_;
  const WeightsRef& weights_;
  const MatrixView<const int8_t> b_;
  const bool transposed_;
  const Stage stage_;                          // a copy: stores through its pointers cannot change it
  const StoreSums<int32_t>* const sums_of_c_;  // null: sums go to the stage
  int32_t* const rows_;
  const size_t row_words_;
  int32_t* const row_sums_;
  int32_t *const sums_, *const slots_;
  const size_t tiles_;
  size_t first_ = 0;  // the first column of a strip
  PlainTileArgs args_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
