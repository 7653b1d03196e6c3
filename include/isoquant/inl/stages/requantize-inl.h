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
#include <limits>

#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/isa/tile_finish-inl.h"
#include "isoquant/inl/stages/bytes-inl.h"
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
class RequantizeStage : public ByteStage<RequantizeStage<Q>, Q> {
  using Base = ByteStage<RequantizeStage<Q>, Q>;
  friend Base;

 public:
  // Without column sums there are no zero points: t is the sum that comes, plus the bias.
  RequantizeStage(const Requantization& r, const int32_t* column_sums, const MatrixView<Q>& c)
      : Base(Base::IsEachRow(r, column_sums) || AnyExceeds(r.scales, kBelowOne) ? &RunSteps<kAny> : &RunSteps<kUsual>,
             r, column_sums, c),
        scales_(r.scales.data),
        one_scale_(r.scales.size == 1) {
    if (this->run == &RunSteps<kUsual>) this->describe = &Describe;
  }

 private:
  // With kAny each row may have its zero point, scales may be any floats, and vectors may be partial.
  enum Steps : int { kUsual, kAny };
  static constexpr size_t kFinished = TileFinish::kColumns;

  // The largest float below one. Products of sums with scales up to it are below 2^31.
  static constexpr float kBelowOne = 1.0f - std::numeric_limits<float>::epsilon() / 2;

  static void Describe(const StageBase<int32_t>& stage_in, size_t col, size_t cols, TileFinish& finish) {
    const RequantizeStage& stage = static_cast<const RequantizeStage&>(stage_in);
    const hn::RebindToFloat<StageTag> df32;
    for (size_t i = 0; i < cols; i += hn::Lanes(df32)) {
      hn::StoreU(LoadColumns(df32, stage.scales_, stage.one_scale_, col + i, cols - i), df32, finish.scales + i);
    }
    stage.DescribeBytes(col, cols, finish);
  }

  // (The arguments are plain numbers, not Parts: see StageBase.)
  template <int kSteps>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const RequantizeStage stage =
        static_cast<const RequantizeStage&>(stage_in);  // a copy: stores of outputs cannot change it
    const StageTag d;
    const size_t lanes = hn::Lanes(d);
    const size_t whole = kSteps == kAny ? cols : cols - cols % lanes;
    size_t j = 0;
    if constexpr (kDemotesFour && kSteps == kUsual && 4 * hn::MaxLanes(d) == kFinished) {
      for (; j + kFinished <= whole; j += kFinished) stage.FinishRows({row, rows}, col + j, sums + j, stride);
    }
    for (; j < whole; j += lanes) {
      stage.template ForRows<kSteps>(d, {row, rows}, col + j, kSteps == kAny ? cols - j : lanes, sums + j, stride);
    }
    if (whole != cols) RunSteps<kAny>(stage_in, row, rows, col + whole, cols - whole, sums + whole, stride);
  }

  // TileFinish::kColumns columns, which are four vectors: row by row, because a row is one store then.
  HWY_INLINE void FinishRows(Part rows, size_t col, const int32_t* HWY_RESTRICT sums, size_t stride) const {
    const StageTag d;
    const size_t n = hn::Lanes(d);
    TileFinish finish;
    Describe(*this, col, kFinished, finish);
    const auto sum = [&](size_t i) HWY_ATTR { return hn::Add(hn::LoadU(d, sums + i), Addends(d, finish, i)); };
    Q* to = static_cast<Q*>(finish.to) + rows.begin * finish.to_stride;
    for (size_t row = 0; row < rows.size; ++row, sums += stride, to += finish.to_stride) {
      FinishBytes<Q, false>(d, finish, sum(0), sum(n), sum(2 * n), sum(3 * n), to);
    }
  }

  template <int kSteps, class DI>
  HWY_INLINE void ForRows(DI di32, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums,
                          size_t stride) const {
    const hn::RebindToFloat<DI> df32;
    auto scale = LoadColumns(df32, scales_, one_scale_, col, n);
    if (kSteps == kAny) scale = HarmlessScale(df32, scale);
    const auto column_sum = this->LoadColumnSums(di32, col, n);
    const auto addend = this->LoadAddends(di32, col, n, column_sum);
    this->template StoreRows<kSteps>(di32, rows, col, n, sums, stride, scale, addend, column_sum);
  }

  // round(float(t) * scale). Results outside Q's range, less the zero point, only need the right sign: they are clamped
  // next.
  template <int kSteps, class DI, class VI, class VF>
  HWY_INLINE VI Rounded(DI di32, VI sum, size_t row, VF scale, VI addend, VI column_sum) const {
    const hn::RebindToFloat<DI> df32;
    const VI t = this->template Corrected<kSteps == kAny>(di32, sum, row, addend, column_sum);
    VF v = hn::Mul(hn::ConvertTo(df32, t), scale);
    if (kSteps == kAny) v = hn::Min(v, hn::Set(df32, 1e9f));
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
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
