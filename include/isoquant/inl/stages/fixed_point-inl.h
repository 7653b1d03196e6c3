// Stages: from exact sums to 8-bit integers by fixed-point multipliers. The steps are those of fixed_point.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_FIXED_POINT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_FIXED_POINT_INL_H_
#undef ISOQUANT_INL_STAGES_FIXED_POINT_INL_H_
#else
#define ISOQUANT_INL_STAGES_FIXED_POINT_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/fixed_point.h"
#include "isoquant/inl/isa/fixed_multiply-inl.h"
#include "isoquant/inl/stages/bytes-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A stage of products, and of sums in any matrix.
template <class Q>
class FixedPointStage : public ByteStage<FixedPointStage<Q>, Q> {
  using Base = ByteStage<FixedPointStage<Q>, Q>;
  friend Base;

 public:
  // Without column sums there are no zero points: t is the sum that comes, plus the bias.
  FixedPointStage(const FixedPointRequantization& r, const int32_t* column_sums, const MatrixView<Q>& c)
      : Base(FindRun(r, column_sums), r, column_sums, c),
        multipliers_(r.multipliers.data),
        shifts_(r.shifts.data),
        one_multiplier_(r.multipliers.size == 1),
        one_shift_(r.shifts.size == 1) {}

 private:
  // With kAny each row may have its zero point, and vectors may be partial.
  enum Steps : int { kUsual = 0, kAny = 1, kSingle = 2 };

  static StageBase<int32_t>::Run FindRun(const FixedPointRequantization& r, const int32_t* column_sums) {
    const bool any = Base::IsEachRow(r, column_sums);
    if (r.rounding == FixedPointRounding::kSingle) return any ? &RunSteps<kSingle | kAny> : &RunSteps<kSingle>;
    return any ? &RunSteps<kAny> : &RunSteps<kUsual>;
  }

  // (The arguments are plain numbers, not Parts: see StageBase.)
  template <int kSteps>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const FixedPointStage stage =
        static_cast<const FixedPointStage&>(stage_in);  // a copy: stores of outputs cannot change it
    const StageTag d;
    const size_t lanes = hn::Lanes(d);
    constexpr bool kIsAny = (kSteps & kAny) != 0;
    const size_t whole = kIsAny ? cols : cols - cols % lanes;
    for (size_t j = 0; j < whole; j += lanes) {
      stage.template ForRows<kSteps>(d, {row, rows}, col + j, kIsAny ? cols - j : lanes, sums + j, stride);
    }
    if (whole != cols) RunSteps<kSteps | kAny>(stage_in, row, rows, col + whole, cols - whole, sums + whole, stride);
  }

  template <int kSteps, class DI>
  HWY_INLINE void ForRows(DI di32, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums,
                          size_t stride) const {
    const auto column_sum = this->LoadColumnSums(di32, col, n);
    const auto addend = this->LoadAddends(di32, col, n, column_sum);
    const auto multiplier = LoadColumns(di32, multipliers_, one_multiplier_, col, n);
    const auto shift = hn::PromoteTo(di32, LoadColumns(hn::Rebind<int8_t, DI>(), shifts_, one_shift_, col, n));
    // Two vectors that tell how to shift: to the left and to the right, or, with kSingle, to the right alone.
    const auto zero = hn::Zero(di32);
    const auto left = (kSteps & kSingle) != 0 ? zero : hn::Max(shift, zero);
    const auto right =
        (kSteps & kSingle) != 0 ? hn::Sub(hn::Set(di32, 31), shift) : hn::Max(hn::Sub(zero, shift), zero);
    this->template StoreRows<kSteps>(di32, rows, col, n, sums, stride, multiplier, left, right, addend, column_sum);
  }

  template <int kSteps, class DI, class VI>
  HWY_INLINE VI Rounded(DI di32, VI sum, size_t row, VI multiplier, VI left, VI right, VI addend, VI column_sum) const {
    const VI t = this->template Corrected<(kSteps & kAny) != 0>(di32, sum, row, addend, column_sum);
    if constexpr ((kSteps & kSingle) != 0) {
      return RoundingHigh(di32, t, multiplier, right);
    } else {
      return RoundingShiftRight(di32, RoundingDoublingHigh(di32, hn::Shl(t, left), multiplier), right);
    }
  }

  const int32_t* multipliers_;
  const int8_t* shifts_;
  bool one_multiplier_, one_shift_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
