// Stages: from exact sums to 8-bit integers. The steps are those of requantize.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_REQUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_REQUANTIZE_INL_H_
#undef ISOQUANT_INL_STAGES_REQUANTIZE_INL_H_
#else
#define ISOQUANT_INL_STAGES_REQUANTIZE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/requantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A stage of products, and of sums in any matrix.
template <class Q>
class RequantizeStage : public StageBase<int32_t> {
 public:
  // Without column sums there are no zero points: t is the sum that comes, plus the bias.
  RequantizeStage(const Requantization& r, const int32_t* column_sums, const MatrixView<Q>& c)
      : StageBase<int32_t>(
            IsEachRow(r, column_sums) || AnyExceeds(r.scales, kBelowOne) ? &RunSteps<true> : &RunSteps<false>, c),
        scales_(r.scales.data),
        one_scale_(r.scales.size == 1),
        bias_(r.bias.size == 0 ? nullptr : r.bias.data),
        column_sums_(r.a_zero_points.size == 0 ? nullptr : column_sums),
        a_zero_points_(r.a_zero_points.data),
        each_row_(IsEachRow(r, column_sums)),
        zero_point_(r.zero_point),
        min_(HWY_MAX(r.min, int32_t{(std::numeric_limits<Q>::min)()})),
        max_(HWY_MIN(r.max, int32_t{(std::numeric_limits<Q>::max)()})),
        c_(c) {}

 private:
  static bool IsEachRow(const Requantization& r, const int32_t* column_sums) {
    return r.a_zero_points.size > 1 && column_sums != nullptr;
  }

  // The largest float below one. Products of sums with scales up to it are below 2^31.
  static constexpr float kBelowOne = 1.0f - std::numeric_limits<float>::epsilon() / 2;

  // With kAny each row may have its zero point, scales may be any floats, and vectors may be partial. (The arguments
  // are plain numbers, not Parts: see StageBase.)
  template <bool kAny>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const RequantizeStage stage =
        static_cast<const RequantizeStage&>(stage_in);  // a copy: stores of outputs cannot change it
    const StageTag d;
    const size_t lanes = hn::Lanes(d);
    const size_t whole = kAny ? cols : cols - cols % lanes;
    for (size_t j = 0; j < whole; j += lanes) {
      stage.template ForRows<kAny>(d, {row, rows}, col + j, kAny ? cols - j : lanes, sums + j, stride);
    }
    if (whole != cols) RunSteps<true>(stage_in, row, rows, col + whole, cols - whole, sums + whole, stride);
  }

  template <bool kAny, class DI>
  HWY_INLINE void ForRows(DI di32, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums,
                          size_t stride) const {
    const hn::RebindToFloat<DI> df32;
    const hn::Rebind<Q, DI> dq;
    auto scale = LoadColumns(df32, scales_, one_scale_, col, n);
    if (kAny) scale = HarmlessScale(df32, scale);
    const auto column_sum = column_sums_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, column_sums_ + col, n);
    auto addend = bias_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, bias_ + col, n);
    if (column_sums_ != nullptr && !each_row_) {
      addend = hn::Sub(addend, hn::Mul(hn::Set(di32, *a_zero_points_), column_sum));
    }
    Q* HWY_RESTRICT to = c_.Row(rows.begin) + col;
    if constexpr (kDemotesFour) {
      if (rows.size >= 4 && n >= hn::Lanes(di32)) {
        FourByFour<kAny>(di32, rows, sums, stride, scale, addend, column_sum, to);
        return;
      }
    }
    const auto zero_point = hn::Set(di32, zero_point_);
    const auto lo = hn::Set(di32, min_ - zero_point_), hi = hn::Set(di32, max_ - zero_point_);
    for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, sums += stride, to += c_.row_stride) {
      const auto q = Rounded<kAny>(di32, LoadFirst(di32, sums, n), row, scale, addend, column_sum);
      const auto clamped = hn::Min(hn::Max(q, lo), hi);
      StoreFirst(hn::DemoteTo(dq, hn::Add(clamped, zero_point)), dq, to, n);
    }
  }

  // Whole vectors, four rows at a time. The last four rows may begin with some that are done already: those get the
  // same outputs again.
  template <bool kAny, class DI, class VF, class VI>
  HWY_INLINE void FourByFour(DI di32, Part rows, const int32_t* HWY_RESTRICT sums, size_t stride, VF scale, VI addend,
                             VI column_sum, Q* HWY_RESTRICT to) const {
    const hn::Repartition<Q, DI> dq;
    const auto min = hn::Set(dq, static_cast<Q>(min_)), max = hn::Set(dq, static_cast<Q>(max_));
    for (size_t i = 0; i < rows.size; i += 4) {
      i = HWY_MIN(i, rows.size - 4);
      const int32_t* const from = sums + i * stride;
      const size_t row = rows.begin + i;
      const VI q0 = Rounded<kAny>(di32, hn::LoadU(di32, from), row, scale, addend, column_sum);
      const VI q1 = Rounded<kAny>(di32, hn::LoadU(di32, from + stride), row + 1, scale, addend, column_sum);
      const VI q2 = Rounded<kAny>(di32, hn::LoadU(di32, from + 2 * stride), row + 2, scale, addend, column_sum);
      const VI q3 = Rounded<kAny>(di32, hn::LoadU(di32, from + 3 * stride), row + 3, scale, addend, column_sum);
      const auto q = DemoteFour(dq, q0, q1, q2, q3, zero_point_);
      alignas(64) Q four[4 * hn::MaxLanes(di32)];
      hn::Store(hn::Min(hn::Max(q, min), max), dq, four);
      for (size_t j = 0; j < 4; ++j) {
        std::memcpy(to + (i + j) * c_.row_stride, four + j * hn::MaxLanes(di32), hn::MaxLanes(di32));
      }
    }
  }

  // round(float(t) * scale), t = sum + addend - zero point * column sum. Results outside Q's range, less the zero
  // point, only need the right sign: they are clamped next.
  template <bool kAny, class DI, class VF, class VI>
  HWY_INLINE VI Rounded(DI di32, VI sum, size_t row, VF scale, VI addend, VI column_sum) const {
    const hn::RebindToFloat<DI> df32;
    VI t = hn::Add(sum, addend);
    if (kAny && each_row_) t = hn::Sub(t, hn::Mul(hn::Set(di32, a_zero_points_[row]), column_sum));
    VF v = hn::Mul(hn::ConvertTo(df32, t), scale);
    if (kAny) v = hn::Min(v, hn::Set(df32, 1e9f));
    return RoundInRange(di32, v);
  }

  // A scale that gives the same outputs, and no NaN on the way. 0 stands for NaN. The largest number stands for
  // infinity, which times a sum of 0 would be NaN; with any other sum it saturates just as well.
  template <class DF, class VF = hn::Vec<DF>>
  static HWY_INLINE VF HarmlessScale(DF df32, VF scale) {
    const VF number = hn::IfThenElseZero(hn::Eq(scale, scale), scale);
    const VF max = hn::Set(df32, (std::numeric_limits<float>::max)());
    return hn::Min(hn::Max(number, hn::Neg(max)), max);
  }

  const float* scales_;
  bool one_scale_;
  const int32_t* bias_;         // or null
  const int32_t* column_sums_;  // null: there are no zero points of a
  const int32_t* a_zero_points_;
  bool each_row_;  // has a zero point of its own
  int32_t zero_point_, min_, max_;
  MatrixView<Q> c_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
