// Stages: from exact sums to floats, for MatMul with a Dequantization and for Linear.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_DEQUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_DEQUANTIZE_INL_H_
#undef ISOQUANT_INL_STAGES_DEQUANTIZE_INL_H_
#else
#define ISOQUANT_INL_STAGES_DEQUANTIZE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "isoquant/dequantize.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/stages/row_scales.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// False if no output can be NaN. That is worth a pass over scales and bias: of five vector instructions for a vector
// of outputs, two are for NaN. Sums are at most 2^31 in magnitude, so the first product is finite with row scales up
// to 2^96. The second product may overflow, but is no NaN if its other factor is finite; nor is the sum with a finite
// bias. Row scales that are not known yet are finite, but with them the first product may overflow: then only a
// column scale of 0 makes NaN.
HWY_INLINE bool MayBeNaN(const Dequantization& d, RowScales row_scales) {
  constexpr float kMax = (std::numeric_limits<float>::max)();
  if (AnyExceeds(d.bias, kMax)) return true;
  if (row_scales == RowScales::kLate) return AnyIsZeroOrExceeds(d.column_scales, kMax);
  return AnyExceeds(d.column_scales, kMax) || AnyExceeds(d.row_scales, 0x1p96f);
}

// The same, for those who can wait for a call.
[[maybe_unused]] HWY_NOINLINE bool MayBeNaNApart(const Dequantization& d, RowScales row_scales) {
  return MayBeNaN(d, row_scales);
}

// y = activation(float(t) * row_scale * column_scale + bias): the steps of dequantize.h, in that order, for outputs of
// Y (float, BFloat16 or Float16) and for no activation or ReLU. All others, and what follows an activation, are steps
// of a FinishStage. t = sum - row_zero_point * column_sum; or, where no column sums are given, t is what comes as the
// sum: then there are no zero points, or a ZeroPointStage stands in front.
template <class Y>
class DequantizeStage : public StageBase<int32_t> {
 public:
  DequantizeStage(const Dequantization& d, const int32_t* column_sums, const MatrixView<Y>& y, RowScales row_scales)
      : StageBase<int32_t>((kIsF32 ? MayBeNaN(d, row_scales) : MayBeNaNApart(d, row_scales))
                               ? &RunSteps<kAny>
                               : FindSteps(d, column_sums),
                           y),
        row_scales_(d.row_scales.data),
        zero_points_(HasZeroPoints(d, column_sums) ? d.row_zero_points.data : nullptr),
        row_scale_step_(d.row_scales.size == 1 ? 0 : 1),
        zero_point_step_(zero_points_ == nullptr || d.row_zero_points.size == 1 ? 0 : 1),
        column_sums_(column_sums),
        column_scales_(d.column_scales.data),
        one_column_scale_(d.column_scales.size == 1),
        bias_(d.bias.size == 0 ? nullptr : d.bias.data),
        relu_(d.activation == Activation::kRelu),
        to_(y.data),
        to_stride_(y.row_stride) {
    if (kIsF32 && !may_be_nan() && !relu_ && zero_points_ == nullptr) this->describe = &Describe;
  }

  // Whether outputs may be NaN.
  bool may_be_nan() const { return run == &RunSteps<kAny>; }

  using Sum = int32_t;
  using DI = StageTag;
  using DF = hn::RebindToFloat<StageTag>;
  using VI = hn::Vec<DI>;
  using VF = hn::Vec<DF>;

  // What belongs to the first n columns from `col` on. (-0 in place of a bias changes no bit.)
  HWY_INLINE VF LoadScales(size_t col, size_t n) const {
    return LoadColumns(DF(), column_scales_, one_column_scale_, col, n);
  }
  HWY_INLINE VF LoadBias(size_t col, size_t n) const {
    return bias_ != nullptr ? LoadFirst(DF(), bias_ + col, n) : hn::Set(DF(), -0.0f);
  }
  HWY_INLINE VI LoadColumnSums(size_t col, size_t n) const {
    return zero_points_ != nullptr ? LoadFirst(DI(), column_sums_ + col, n) : hn::Zero(DI());
  }
  // With these, an output before the activation.
  HWY_INLINE VF LinearPart(VI sum, size_t row, VI column_sum, VF scale, VF bias) const {
    return hn::Add(Scaled(sum, zero_points_ != nullptr, RowOf(row), column_sum, scale), bias);
  }

 private:
  static void Describe(const StageBase<int32_t>& stage_in, size_t col, size_t cols, TileFinish& finish) {
    const DequantizeStage& stage = static_cast<const DequantizeStage&>(stage_in);
    for (size_t i = 0; i < cols; i += hn::Lanes(DF())) {
      hn::StoreU(stage.LoadScales(col + i, cols - i), DF(), finish.scales + i);
      hn::StoreU(stage.LoadBias(col + i, cols - i), DF(), finish.bias + i);
    }
    finish.kind = TileFinish::kF32;
    finish.row_scales = stage.row_scales_;
    finish.row_scale_step = stage.row_scale_step_;
    finish.to = stage.to_ + col;
    finish.to_stride = stage.to_stride_;
  }

  // Steps that not all calls have. Each set of them has a loop over rows that was compiled for it, for whole vectors
  // and outputs that are no NaN. kAny is the loop for everything else. Outputs of 16 bits always have a bias, of -0 if
  // there is none: to add -0 changes no bit, and half of the loops is enough.
  static constexpr bool kIsF32 = std::is_same<Y, float>::value;
  enum Steps : int { kZeroPoints = 1, kBias = 2, kRelu = 4, kAny = 8 };

  static bool HasZeroPoints(const Dequantization& d, const int32_t* column_sums) {
    return d.row_zero_points.size != 0 && column_sums != nullptr;
  }

  static StageBase<int32_t>::Run FindSteps(const Dequantization& d, const int32_t* column_sums) {
    constexpr int kAlways = kIsF32 ? 0 : kBias;
    static constexpr StageBase<int32_t>::Run kRun[] = {
        &RunSteps<0 | kAlways>, &RunSteps<1 | kAlways>, &RunSteps<2>, &RunSteps<3>,
        &RunSteps<4 | kAlways>, &RunSteps<5 | kAlways>, &RunSteps<6>, &RunSteps<7>};
    return kRun[(HasZeroPoints(d, column_sums) ? kZeroPoints : 0) | (d.bias.size == 0 ? 0 : kBias) |
                (d.activation == Activation::kRelu ? kRelu : 0)];
  }

  template <int kSteps>
  static HWY_NOINLINE void RunSteps(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col,
                                    size_t cols, const int32_t* sums, size_t stride) {
    const DequantizeStage& stage = static_cast<const DequantizeStage&>(stage_in);
    const size_t lanes = hn::Lanes(StageTag());
    const size_t whole = kSteps == kAny ? cols : cols - cols % lanes;
    for (size_t j = 0; j < whole; j += lanes) {
      if constexpr (kSteps == kAny) {
        stage.ForRowsOfAny({row, rows}, col + j, cols - j, sums + j, stride);
      } else {
        stage.template ForRows<kSteps>({row, rows}, col + j, sums + j, stride);
      }
    }
    if (whole != cols) RunSteps<kAny>(stage_in, row, rows, col + whole, cols - whole, sums + whole, stride);
  }

  // What belongs to a row. A copy of the pointers: stores of outputs cannot change it.
  struct Row {
    const float* scale;
    const int32_t* zero_point;
    size_t scale_step, zero_point_step;

    HWY_INLINE void Advance() {
      scale += scale_step;
      zero_point += zero_point_step;
    }
  };
  HWY_INLINE Row RowOf(size_t row) const {
    return {row_scales_ + row * row_scale_step_, zero_points_ + row * zero_point_step_, row_scale_step_,
            zero_point_step_};
  }

  // float(sum - zero_point * column_sum) * row_scale * scale.
  static HWY_INLINE VF Scaled(VI sum, bool has_zero_points, const Row& row, VI column_sum, VF scale) {
    const DF df32;
    if (has_zero_points) sum = hn::Sub(sum, hn::Mul(hn::Set(DI(), *row.zero_point), column_sum));
    const VF v = hn::Mul(hn::ConvertTo(df32, sum), hn::Set(df32, *row.scale));
    return RoundedMul(df32, v, scale);
  }

  // A whole vector without NaN.
  static HWY_INLINE void StoreNumbers(VF v, Y* HWY_RESTRICT to) {
    const DF df32;
    if constexpr (kIsF32) {
      hn::StoreU(v, df32, to);
    } else if constexpr (kDemotesFour && std::is_same<Y, BFloat16>::value) {
      hn::StoreU(DemoteNumbersToBf16(df32, v), hn::Rebind<uint16_t, DF>(), reinterpret_cast<uint16_t*>(to));
    } else {
      StoreFromF32(v, to, hn::Lanes(df32));
    }
  }

  // An output of a whole vector.
  template <int kSteps>
  static HWY_INLINE VF Value(VI sum, const Row& row, VI column_sum, VF scale, VF bias) {
    VF v = Scaled(sum, (kSteps & kZeroPoints) != 0, row, column_sum, scale);
    if ((kSteps & kBias) != 0) v = hn::Add(v, bias);
    return (kSteps & kRelu) != 0 ? Relu(DF(), v) : v;
  }

  // A whole vector of columns.
  template <int kSteps>
  HWY_INLINE void ForRows(Part rows, size_t col, const int32_t* HWY_RESTRICT sums, size_t stride) const {
    const DI di32;
    const DF df32;
    const size_t n = hn::Lanes(di32);
    constexpr bool kHasZeroPoints = (kSteps & kZeroPoints) != 0, kHasBias = (kSteps & kBias) != 0;
    const VF scale = LoadScales(col, n);
    const VF bias = !kHasBias ? hn::Zero(df32) : kIsF32 ? hn::LoadU(df32, bias_ + col) : LoadBias(col, n);
    const VI column_sum = kHasZeroPoints ? hn::LoadU(di32, column_sums_ + col) : hn::Zero(di32);
    const size_t to_stride = to_stride_;
    Y* HWY_RESTRICT to = to_ + rows.begin * to_stride + col;
    Row row = RowOf(rows.begin);
    if constexpr (kIsF32) {
      HWY_UNROLL(4)
      for (size_t left = rows.size; left != 0; --left, row.Advance(), sums += stride, to += to_stride) {
        StoreNumbers(Value<kSteps>(hn::LoadU(di32, sums), row, column_sum, scale, bias), to);
      }
    } else {
      HWY_UNROLL(2)
      for (size_t left = rows.size; left != 0; --left, row.Advance(), sums += stride, to += to_stride) {
        StoreNumbers(Value<kSteps>(hn::LoadU(di32, sums), row, column_sum, scale, bias), to);
      }
    }
  }

  // The first n columns of a vector; outputs may be NaN. It is short rather than fast.
  HWY_INLINE void ForRowsOfAny(Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums, size_t stride) const {
    const DI di32;
    const DF df32;
    const VF scale = LoadScales(col, n), bias = LoadBias(col, n);
    const VI column_sum = LoadColumnSums(col, n);
    const VF floor = hn::Set(df32, relu_ ? 0.0f : -std::numeric_limits<float>::infinity());
    const size_t to_stride = to_stride_;
    const bool has_zero_points = zero_points_ != nullptr;
    Y* HWY_RESTRICT to = to_ + rows.begin * to_stride + col;
    Row row = RowOf(rows.begin);
    HWY_UNROLL(1)
    for (size_t left = rows.size; left != 0; --left, row.Advance(), sums += stride, to += to_stride) {
      VF v = hn::Add(Scaled(LoadFirst(di32, sums, n), has_zero_points, row, column_sum, scale), bias);
      v = hn::IfThenElse(hn::Lt(v, floor), floor, v);
      StoreFromF32(v, to, n);
    }
  }

  const float* row_scales_;
  const int32_t* zero_points_;  // or null
  size_t row_scale_step_, zero_point_step_;
  const int32_t* column_sums_;
  const float* column_scales_;
  bool one_column_scale_;
  const float* bias_;  // or null
  bool relu_;
  Y* to_;
  size_t to_stride_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
