// Template layer: the output stage from exact sums to 8-bit integers. The steps are those of requantize.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_REQUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_REQUANTIZE_INL_H_
#undef ISOQUANT_INL_REQUANTIZE_INL_H_
#else
#define ISOQUANT_INL_REQUANTIZE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include "isoquant/inl/matmul-inl.h"
#include "isoquant/inl/vectors-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/requantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A stage for the MatMul driver, or for sums in any matrix.
template <class Q>
class RequantizeStage {
 public:
  // `column_sums` may be null if there are no a_zero_points.
  RequantizeStage(const Requantization& r, const int32_t* column_sums, const MatrixView<Q>& c)
      : scales_(r.scales.data),
        one_scale_(r.scales.size == 1),
        bias_(r.bias.size == 0 ? nullptr : r.bias.data),
        column_sums_(r.a_zero_points.size == 0 ? nullptr : column_sums),
        a_zero_points_(r.a_zero_points.data),
        each_row_(r.a_zero_points.size > 1),
        zero_point_(r.zero_point),
        min_(HWY_MAX(r.min, int32_t{std::numeric_limits<Q>::min()})),
        max_(HWY_MIN(r.max, int32_t{std::numeric_limits<Q>::max()})),
        c_(c) {}

  const MatrixView<Q>& output() const { return c_; }

  // What is common stays in line: whole vectors, no zero point of each row.
  template <class DI>
  HWY_INLINE void operator()(DI di32, Part rows, size_t col, size_t n, const int32_t* sums, size_t stride) const {
    if (!each_row_ && n >= hn::Lanes(di32)) {
      ForRows<false>(di32, rows, col, hn::Lanes(di32), sums, stride);
    } else {
      Any(RequantizeStage(*this), rows, col, n, sums, stride);
    }
  }

 private:
  // `stage_in` is a copy that belongs to this call, see RunStage.
  static HWY_NOINLINE void Any(const RequantizeStage& stage_in, Part rows, size_t col, size_t n, const int32_t* sums,
                               size_t stride) {
    const RequantizeStage stage = stage_in;
    stage.template ForRows<true>(StageTag(), rows, col, n, sums, stride);
  }

  template <bool kAny, class DI>
  HWY_INLINE void ForRows(DI di32, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums,
                          size_t stride) const {
    const hn::RebindToFloat<DI> df32;
    const hn::Rebind<Q, DI> dq;
    const auto scale = HarmlessScale(df32, LoadColumns(df32, scales_, one_scale_, col, n));
    const auto column_sum = column_sums_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, column_sums_ + col, n);
    auto addend = bias_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, bias_ + col, n);
    if (column_sums_ != nullptr && !each_row_) {
      addend = hn::Sub(addend, hn::Mul(hn::Set(di32, *a_zero_points_), column_sum));
    }
    const auto lo = hn::Set(df32, static_cast<float>(min_ - zero_point_));
    const auto hi = hn::Set(df32, static_cast<float>(max_ - zero_point_));
    const auto offset = hn::Set(di32, zero_point_ - kRoundingBits);
    Q* HWY_RESTRICT to = c_.Row(rows.begin) + col;
    HWY_UNROLL(4)
    for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, sums += stride, to += c_.row_stride) {
      auto t = hn::Add(LoadFirst(di32, sums, n), addend);
      if (kAny && each_row_) t = hn::Sub(t, hn::Mul(hn::Set(di32, a_zero_points_[row]), column_sum));
      const auto v = hn::Mul(hn::ConvertTo(df32, t), scale);
      const auto q = RoundSmallAndAdd(di32, hn::Min(hn::Max(v, lo), hi), offset);
      StoreFirst(hn::DemoteTo(dq, q), dq, to, n);
    }
  }

  // Gives the same outputs without NaN in between: NaN as 0, and instead of infinity, which a sum of 0 would turn into
  // NaN, the largest number, which saturates as well for any other sum.
  template <class DF, class VF = hn::Vec<DF>>
  static HWY_INLINE VF HarmlessScale(DF df32, VF scale) {
    const VF number = hn::IfThenElseZero(hn::Eq(scale, scale), scale);
    const VF max = hn::Set(df32, std::numeric_limits<float>::max());
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
