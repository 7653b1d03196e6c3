// Stages: zero points of both operands, in front of any other stage; and sums that are stored behind them.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#undef ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#else
#define ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/stages/zero_points.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Makes t of the sums of a tile, where they lie: in a buffer of the driver, which reads them no more. Then the next
// stage runs, and knows nothing of zero points. So no stage but this one has the formula, and where weights have no
// zero points nothing is slower than without it. (64 x 1024 x 1024: the pass through L1 costs less than the products of
// two vectors would in each stage, because zero points of a whole tensor are added, not multiplied.)
class ZeroPointStage : public StageBase<int32_t> {
 public:
  ZeroPointStage(const ZeroPointTerm& term, const StageBase<int32_t>& next)
      : StageBase<int32_t>(next), term_(term), next_(&next) {
    if (term.a.size > 1) {
      run = term.b.size > 1 ? &RunSteps<true, true> : &RunSteps<true, false>;
    } else {
      run = term.b.size > 1 ? &RunSteps<false, true> : &RunSteps<false, false>;
    }
  }

 private:
  // So many rows at a time: what is known of them lies on the stack.
  static constexpr size_t kRows = 32;

  // kEachRow, kEachColumn: whether rows of a and columns of b have zero points of their own.
  template <bool kEachRow, bool kEachColumn>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const ZeroPointStage stage = static_cast<const ZeroPointStage&>(stage_in);  // a copy: stores cannot change it
    for (size_t i = 0; i < rows; i += kRows) {
      int32_t* const t = const_cast<int32_t*>(sums) + i * stride;
      stage.Correct<kEachRow, kEachColumn>({row + i, Min(rows - i, kRows)}, {col, cols}, t, stride);
    }
    stage.next_->run(*stage.next_, row, rows, col, cols, sums, stride);
  }

  template <bool kEachRow, bool kEachColumn>
  HWY_INLINE void Correct(Part rows, Part cols, int32_t* HWY_RESTRICT t, size_t stride) const {
    const StageTag d;
    const size_t lanes = hn::Lanes(d);
    const int32_t* const row_sums = term_.row_sums == nullptr ? nullptr : term_.row_sums + rows.begin;
    const int32_t* const a = term_.a.data + (kEachRow ? rows.begin : 0);
    // What zero points of all columns make of a row.
    int32_t of_rows[kRows];
    const uint32_t b = static_cast<uint32_t>(term_.b.size == 1 ? *term_.b.data : 0) - Offset();
    for (size_t i = 0; !kEachColumn && i < rows.size; ++i) {
      of_rows[i] = row_sums == nullptr ? 0 : static_cast<int32_t>(0 - b * static_cast<uint32_t>(row_sums[i]));
    }
    for (size_t j = 0; j < cols.size; j += lanes) {
      const size_t n = cols.size - j;
      auto zp = hn::Set(d, static_cast<int32_t>(b));
      if (kEachColumn) {
        zp = hn::Sub(LoadFirst(d, term_.b.data + cols.begin + j, n), hn::Set(d, term_.b_offset));
      }
      // What a zero point of a is multiplied by.
      auto of_a = hn::Zero(d);
      if (term_.a.size != 0) {
        const auto column_sum = LoadFirst(d, term_.column_sums + cols.begin + j, n);
        of_a = hn::Sub(column_sum, hn::Mul(zp, hn::Set(d, static_cast<int32_t>(static_cast<uint32_t>(term_.k)))));
        if (!kEachRow) of_a = hn::Mul(of_a, hn::Set(d, *a));
      }
      // Whole vectors, because buffers are whole panels.
      int32_t* HWY_RESTRICT to = t + j;
      for (size_t i = 0; i < rows.size; ++i, to += stride) {
        auto v = hn::Sub(hn::LoadU(d, to), kEachRow ? hn::Mul(of_a, hn::Set(d, a[i])) : of_a);
        if (kEachColumn) {
          v = hn::Sub(v, hn::Mul(zp, hn::Set(d, row_sums[i])));
        } else {
          v = hn::Add(v, hn::Set(d, of_rows[i]));
        }
        hn::StoreU(v, d, to);
      }
    }
  }

  uint32_t Offset() const { return static_cast<uint32_t>(term_.b_offset); }

  ZeroPointTerm term_;
  const StageBase<int32_t>* next_;
};

// Stores what the stage in front of it makes of sums: c = [c +] t.
class SumsStage : public StageBase<int32_t> {
 public:
  SumsStage(const MatrixView<int32_t>& c, bool accumulate) : StageBase<int32_t>(accumulate ? &Add : &Store, c), c_(c) {}

 private:
  static HWY_NOINLINE void Store(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col, size_t cols,
                                 const int32_t* sums, size_t stride) {
    const MatrixView<int32_t> c = static_cast<const SumsStage&>(stage_in).c_;
    RunStage(StoreS32{c.data, c.row_stride, false}, sums, stride, Part{row, rows}, Part{col, cols});
  }
  static HWY_NOINLINE void Add(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col, size_t cols,
                               const int32_t* sums, size_t stride) {
    const MatrixView<int32_t> c = static_cast<const SumsStage&>(stage_in).c_;
    const StageTag d;
    for (size_t i = 0; i < rows; ++i, sums += stride) {
      int32_t* HWY_RESTRICT to = c.Row(row + i) + col;
      for (size_t j = 0; j < cols; j += hn::Lanes(d)) {
        const size_t n = cols - j;
        StoreFirst(hn::Add(LoadFirst(d, to + j, n), LoadFirst(d, sums + j, n)), d, to + j, n);
      }
    }
  }

  MatrixView<int32_t> c_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
