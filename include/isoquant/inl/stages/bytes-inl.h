// Stages: what those to 8-bit integers share: rounded integers get a zero point, are clamped and stored.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_BYTES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_BYTES_INL_H_
#undef ISOQUANT_INL_STAGES_BYTES_INL_H_
#else
#define ISOQUANT_INL_STAGES_BYTES_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// c = clamp(v + zero_point, min, max). `Rule` is the class that derives from this one. Its v is
//   template <int kSteps, class DI, class VI, class... V> VI Rounded(DI, VI sum, size_t row, V... columns) const
// with what Rule prepared for a vector of columns.
template <class Rule, class Q>
class ByteStage : public StageBase<int32_t> {
 protected:
  // P is a Requantization or a FixedPointRequantization.
  template <class P>
  ByteStage(Run run_in, const P& p, const int32_t* column_sums, const MatrixView<Q>& c)
      : StageBase<int32_t>(run_in, c),
        bias_(p.bias.size == 0 ? nullptr : p.bias.data),
        column_sums_(p.a_zero_points.size == 0 ? nullptr : column_sums),
        a_zero_points_(p.a_zero_points.data),
        each_row_(IsEachRow(p, column_sums)),
        zero_point_(p.zero_point),
        min_(HWY_MAX(p.min, int32_t{(std::numeric_limits<Q>::min)()})),
        max_(HWY_MIN(p.max, int32_t{(std::numeric_limits<Q>::max)()})),
        to_(c.data),
        to_stride_(c.row_stride) {}

  // Whether each row has a zero point of its own. Without column sums there are none.
  template <class P>
  static bool IsEachRow(const P& p, const int32_t* column_sums) {
    return p.a_zero_points.size > 1 && column_sums != nullptr;
  }

  // All of a TileFinish but the scales. Rows have no zero points of their own.
  void DescribeBytes(size_t col, size_t cols, TileFinish& finish) const {
    const StageTag di32;
    for (size_t i = 0; i < cols; i += hn::Lanes(di32)) {
      hn::StoreU(LoadAddends(di32, col + i, cols - i, LoadColumnSums(di32, col + i, cols - i)), di32,
                 finish.addends + i);
    }
    finish.kind = std::is_signed<Q>::value ? TileFinish::kS8 : TileFinish::kU8;
    finish.zero_point = zero_point_;
    finish.min = min_;
    finish.max = max_;
    finish.plain =
        zero_point_ == 0 && min_ == (std::numeric_limits<Q>::min)() && max_ == (std::numeric_limits<Q>::max)();
    finish.to = to_ + col;
    finish.to_stride = to_stride_;
  }

  // For the first n columns of a vector: what is added to sums of all rows, and what a row's own zero point is
  // multiplied by.
  template <class DI, class VI = hn::Vec<DI>>
  HWY_INLINE VI LoadColumnSums(DI di32, size_t col, size_t n) const {
    return column_sums_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, column_sums_ + col, n);
  }
  template <class DI, class VI = hn::Vec<DI>>
  HWY_INLINE VI LoadAddends(DI di32, size_t col, size_t n, VI column_sum) const {
    const VI bias = bias_ == nullptr ? hn::Zero(di32) : LoadFirst(di32, bias_ + col, n);
    if (column_sums_ == nullptr || each_row_) return bias;
    return hn::Sub(bias, hn::Mul(hn::Set(di32, *a_zero_points_), column_sum));
  }

  // t = sum + addend - zero point * column sum.
  template <bool kAny, class DI, class VI = hn::Vec<DI>>
  HWY_INLINE VI Corrected(DI di32, VI sum, size_t row, VI addend, VI column_sum) const {
    const VI t = hn::Add(sum, addend);
    if (!kAny || !each_row_) return t;
    return hn::Sub(t, hn::Mul(hn::Set(di32, a_zero_points_[row]), column_sum));
  }

  // The first n columns of a vector, from `col` on.
  template <int kSteps, class DI, class... V>
  HWY_INLINE void StoreRows(DI di32, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums, size_t stride,
                            V... columns) const {
    const hn::Rebind<Q, DI> dq;
    Q* HWY_RESTRICT to = to_ + rows.begin * to_stride_ + col;
    if constexpr (kDemotesFour) {
      if (rows.size >= 4 && n >= hn::Lanes(di32)) {
        FourByFour<kSteps>(di32, rows, sums, stride, to, columns...);
        return;
      }
    }
    const auto zero_point = hn::Set(di32, zero_point_);
    const auto lo = hn::Set(di32, min_ - zero_point_), hi = hn::Set(di32, max_ - zero_point_);
    for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, sums += stride, to += to_stride_) {
      const auto v = rule().template Rounded<kSteps>(di32, LoadFirst(di32, sums, n), row, columns...);
      const auto clamped = hn::Min(hn::Max(v, lo), hi);
      StoreFirst(hn::DemoteTo(dq, hn::Add(clamped, zero_point)), dq, to, n);
    }
  }

 private:
  HWY_INLINE const Rule& rule() const { return static_cast<const Rule&>(*this); }

  // Whole vectors, four rows at a time. The last four rows may begin with some that are done already: those get the
  // same outputs again.
  template <int kSteps, class DI, class... V>
  HWY_INLINE void FourByFour(DI di32, Part rows, const int32_t* HWY_RESTRICT sums, size_t stride, Q* HWY_RESTRICT to,
                             V... columns) const {
    const hn::Repartition<Q, DI> dq;
    const auto min = hn::Set(dq, static_cast<Q>(min_)), max = hn::Set(dq, static_cast<Q>(max_));
    for (size_t i = 0; i < rows.size; i += 4) {
      i = HWY_MIN(i, rows.size - 4);
      const int32_t* const from = sums + i * stride;
      const size_t row = rows.begin + i;
      const auto v0 = rule().template Rounded<kSteps>(di32, hn::LoadU(di32, from), row, columns...);
      const auto v1 = rule().template Rounded<kSteps>(di32, hn::LoadU(di32, from + stride), row + 1, columns...);
      const auto v2 = rule().template Rounded<kSteps>(di32, hn::LoadU(di32, from + 2 * stride), row + 2, columns...);
      const auto v3 = rule().template Rounded<kSteps>(di32, hn::LoadU(di32, from + 3 * stride), row + 3, columns...);
      const auto q = DemoteFour<true>(dq, v0, v1, v2, v3, zero_point_);
      alignas(64) Q four[4 * hn::MaxLanes(di32)];
      hn::Store(hn::Min(hn::Max(q, min), max), dq, four);
      for (size_t j = 0; j < 4; ++j) {
        std::memcpy(to + (i + j) * to_stride_, four + j * hn::MaxLanes(di32), hn::MaxLanes(di32));
      }
    }
  }

  const int32_t* bias_;         // or null
  const int32_t* column_sums_;  // null: there are no zero points of a
  const int32_t* a_zero_points_;
  bool each_row_;  // has a zero point of its own
  int32_t zero_point_, min_, max_;
  Q* to_;
  size_t to_stride_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
