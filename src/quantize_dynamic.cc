// Operation: quantise a tensor by its own values, as ONNX has it: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/quantize.h"
#include "src/dynamic_scale.h"
#include "src/elementwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/quantize_dynamic.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// HWY_NOINLINE, here and below, because code that runs under a float environment must not move out of it.

// Of all values, or, with `filter`, of the finite ones.
HWY_NOINLINE RangeBits RangeOf(const MatrixView<const float>& x, bool filter) {
  RangeBits all;
  for (size_t r = 0; r < x.rows; ++r) {
    RangeBits row;
    if (filter) {
      FindRange<true>(x.Row(r), x.cols, row.minus_lo, row.hi);
    } else {
      FindRange<false>(x.Row(r), x.cols, row.minus_lo, row.hi);
    }
    all = {HWY_MAX(all.minus_lo, row.minus_lo), HWY_MAX(all.hi, row.hi)};
  }
  return all;
}

// `all_finite`: all values are.
HWY_NOINLINE TensorScale ScaleOf(const RangeBits& range, bool all_finite) {
  const hn::CappedTag<float, 1> d;
  const hn::RebindToSigned<decltype(d)> di32;
  const auto minus_lo = hn::BitCast(d, hn::Set(di32, range.minus_lo));
  const auto k255 = hn::Set(d, 255.0f), zero = hn::Zero(d);
  const auto width = hn::Add(hn::BitCast(d, hn::Set(di32, range.hi)), minus_lo);
  const auto scale = hn::IfThenElse(hn::Eq(width, zero), hn::Set(d, 1.0f), Divide(d, width, k255));
  auto zero_point = Divide(d, minus_lo, scale);
  zero_point = hn::IfThenElseZero(hn::Eq(zero_point, zero_point), zero_point);
  const int32_t rounded = hn::GetLane(hn::NearestInt(hn::Min(zero_point, k255)));
  const int32_t bits = hn::GetLane(hn::BitCast(di32, scale));
  return {hn::GetLane(scale), rounded, all_finite && bits > 0 && bits < kInfinity};
}

HWY_NOINLINE void DivideByScale(const MatrixView<const float>& x, const TensorScale& s, const MatrixView<uint8_t>& q) {
  const RowScale row{s.scale, s.zero_point};
  for (size_t r = 0; r < x.rows; ++r) {
    if (s.in_range) {
      QuantizeRow<true, Scaling::kByDivision>(x.Row(r), x.cols, row, 0, 255, q.Row(r), x.Row(r));
    } else {
      QuantizeRow<false, Scaling::kByDivision>(x.Row(r), x.cols, row, 0, 255, q.Row(r), x.Row(r));
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RangeOf);
HWY_EXPORT(ScaleOf);
HWY_EXPORT(DivideByScale);

template <class Function>
RangeBits FindRangeOf(Context& context, const Sources& x, bool filter, Function range_of) {
  std::atomic<int32_t> minus_lo{0}, hi{0};
  for (size_t i = 0; i < x.size; ++i) {
    ForEachElementPart(context, x.data[i], x.data[i],
                       [&](const MatrixView<const float>& part, const MatrixView<const float>&) {
                         const auto range = range_of(part, filter);
                         Raise(minus_lo, range.minus_lo);
                         Raise(hi, range.hi);
                       });
  }
  return {minus_lo.load(), hi.load()};
}

// The arguments have been checked.
void RunDynamic(Context& context, const Sources& x, const MatrixView<uint8_t>& q, float& scale, int32_t& zero_point) {
  constexpr int32_t kInfinityBits = 0x7f800000;
  const auto range_of = ISOQUANT_DISPATCH(context, RangeOf);
  RangeBits range = FindRangeOf(context, x, false, range_of);
  const bool all_finite = range.minus_lo < kInfinityBits && range.hi < kInfinityBits;
  if (!all_finite) range = FindRangeOf(context, x, true, range_of);
  const auto s = [&] {
    const ScopedFloatEnvironment environment;
    return ISOQUANT_DISPATCH(context, ScaleOf)(range, all_finite);
  }();
  const auto divide = ISOQUANT_DISPATCH(context, DivideByScale);
  size_t column = 0;
  for (size_t i = 0; i < x.size; ++i) {
    const MatrixView<const float>& from = x.data[i];
    const MatrixView<uint8_t> to(q.data + column, from.rows, from.cols, q.row_stride);
    ForEachElementPart(
        context, from, to,
        [&](const MatrixView<const float>& x_part, const MatrixView<uint8_t>& q_part) { divide(x_part, s, q_part); });
    column += from.cols;
  }
  scale = s.scale;
  zero_point = s.zero_point;
}

}  // namespace

Status QuantizeDynamic(Context& context, const MatrixView<const float>& x, const MatrixView<uint8_t>& q, float& scale,
                       int32_t& zero_point) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  const VectorView<float> scales(&scale, 1);
  const VectorView<int32_t> zero_points(&zero_point, 1);
  ISOQUANT_RETURN_IF_ERROR(CheckSource(x, ISOQUANT_NAMES(x), q, scales, zero_points));
  ISOQUANT_RETURN_IF_ERROR(CheckOutputs(q, scales, zero_points));
  RunDynamic(context, {&x, 1}, q, scale, zero_point);
  return Status();
}

Status QuantizeDynamic(Context& context, VectorView<const MatrixView<const float>> x, const MatrixView<uint8_t>& q,
                       float& scale, int32_t& zero_point) {
  const VectorView<float> scales(&scale, 1);
  const VectorView<int32_t> zero_points(&zero_point, 1);
  ISOQUANT_RETURN_IF_ERROR(CheckSources(x, q, scales, zero_points));
  RunDynamic(context, x, q, scale, zero_point);
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
