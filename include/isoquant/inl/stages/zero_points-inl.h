// Stages: zero points of both operands, in front of any other stage, or alone.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#undef ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#else
#define ISOQUANT_INL_STAGES_ZERO_POINTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/stages/zero_points.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Makes t of the sums of a tile. Either the next stage takes it, from where the sums lay: in a buffer of the driver,
// which reads them no more. That stage knows nothing of zero points, so that none but this one has the formula, and
// products without zero points of b are as fast as if it were not there. Or t goes to c, or is added to it.
class ZeroPointStage : public StageBase<int32_t> {
 public:
  ZeroPointStage(const ZeroPointTerm& term, const StageBase<int32_t>& next)
      : StageBase<int32_t>(next), term_(term), next_(&next) {
    run = FindRun();
    describe = nullptr;
  }
  ZeroPointStage(const ZeroPointTerm& term, const MatrixView<int32_t>& c, bool accumulates)
      : StageBase<int32_t>(nullptr, c), term_(term), c_(c), accumulates_(accumulates) {
    run = FindRun();
  }

 private:
  using VI32 = hn::Vec<StageTag>;

  Run FindRun() const { return term_.a.size > 1 ? &RunSteps<true> : &RunSteps<false>; }

  // kEachRow: rows of a have zero points of their own.
  template <bool kEachRow>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const ZeroPointStage stage = static_cast<const ZeroPointStage&>(stage_in);  // a copy: stores cannot change it
    const bool in_place = stage.next_ != nullptr;
    int32_t* const to = in_place ? const_cast<int32_t*>(sums) : stage.c_.Row(row) + col;
    const size_t to_stride = in_place ? stride : stage.c_.row_stride, lanes = hn::Lanes(StageTag());
    size_t j = 0;
    for (; j + 2 * lanes <= cols; j += 2 * lanes) {
      stage.Correct<kEachRow, 2>({row, rows}, {col + j, cols - j}, sums + j, stride, to + j, to_stride);
    }
    for (; j < cols; j += lanes) {
      stage.Correct<kEachRow, 1>({row, rows}, {col + j, cols - j}, sums + j, stride, to + j, to_stride);
    }
    if (in_place) stage.next_->run(*stage.next_, row, rows, col, cols, sums, stride);
  }

  // kVectors of columns, the first of `cols`. Two of them share the numbers of each row and the loop (64 x 1024 x 1024
  // to s32: 0.963 of the speed without zero points by single vectors, 0.970 so. Tried: in place in C, 0.90;
  // C begins with the terms, 0.94). Products of zero points of columns are
  // multiplied out even if there is only one of them: to add numbers that were prepared for each row is no faster.
  template <bool kEachRow, size_t kVectors>
  HWY_INLINE void Correct(Part rows, Part cols, const int32_t* from, size_t stride, int32_t* to,
                          size_t to_stride) const {
    const StageTag d;
    const size_t lanes = hn::Lanes(d), second = cols.begin + (kVectors == 2 ? lanes : 0);
    const size_t n = kVectors == 2 ? 2 * lanes : cols.size;
    const int32_t* const a = term_.a.data + (kEachRow ? rows.begin : 0);
    static constexpr int32_t kNone = 0;
    const int32_t* const row_sums = term_.row_sums == nullptr ? &kNone : term_.row_sums + rows.begin;
    const size_t row_sum_step = term_.row_sums == nullptr ? 0 : 1;
    const VI32 b0 = ZeroPointsOfB(cols.begin, n), b1 = ZeroPointsOfB(second, n);
    VI32 of_a0 = TimesZeroPointOfA(cols.begin, n, b0), of_a1 = TimesZeroPointOfA(second, n, b1);
    if (!kEachRow && term_.a.size != 0) {
      of_a0 = hn::Mul(of_a0, hn::Set(d, *a));
      of_a1 = hn::Mul(of_a1, hn::Set(d, *a));
    }
    HWY_UNROLL(1)
    for (size_t i = 0; i < rows.size; ++i, from += stride, to += to_stride) {
      const VI32 row_sum = hn::Set(d, row_sums[i * row_sum_step]), za = hn::Set(d, kEachRow ? a[i] : 1);
      CorrectOne<kEachRow>(from, n, of_a0, za, b0, row_sum, to);
      if (kVectors == 2) CorrectOne<kEachRow>(from + lanes, n, of_a1, za, b1, row_sum, to + lanes);
    }
  }

  template <bool kEachRow>
  HWY_INLINE void CorrectOne(const int32_t* from, size_t n, VI32 of_a, VI32 za, VI32 b, VI32 row_sum,
                             int32_t* to) const {
    const StageTag d;
    VI32 v = hn::Sub(LoadFirst(d, from, n), kEachRow ? hn::Mul(of_a, za) : of_a);
    v = hn::Sub(v, hn::Mul(b, row_sum));
    if (accumulates_) v = hn::Add(v, LoadFirst(d, to, n));
    StoreFirst(v, d, to, n);
  }

  // Of the columns from `col` on: zero points of b, as b is packed.
  HWY_INLINE VI32 ZeroPointsOfB(size_t col, size_t n) const {
    const StageTag d;
    const VI32 offset = hn::Set(d, -term_.b_offset);
    return term_.b.size == 0 ? offset : hn::Add(offset, LoadColumns(d, term_.b.data, term_.b.size == 1, col, n));
  }

  // What a zero point of a is multiplied by: sums of columns of b less its zero points.
  HWY_INLINE VI32 TimesZeroPointOfA(size_t col, size_t n, VI32 b) const {
    const StageTag d;
    if (term_.a.size == 0) return hn::Zero(d);
    const VI32 column_sum = LoadFirst(d, term_.column_sums + col, n);
    return hn::Sub(column_sum, hn::Mul(b, hn::Set(d, static_cast<int32_t>(static_cast<uint32_t>(term_.k)))));
  }

  ZeroPointTerm term_;
  const StageBase<int32_t>* next_ = nullptr;  // or
  MatrixView<int32_t> c_;
  bool accumulates_ = false;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
