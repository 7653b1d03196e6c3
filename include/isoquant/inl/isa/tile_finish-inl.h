// ISA layer: what TileFinish says, on the sums of a row in registers: four vectors of 16. The steps are those of
// RequantizeStage and DequantizeStage, to their bits. Scales, addends and bias are operands in memory: registers are
// full.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_FINISH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_FINISH_INL_H_
#undef ISOQUANT_INL_ISA_TILE_FINISH_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_FINISH_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/isa/tile_finish.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <size_t kI, class D, class V = hn::Vec<D>>
HWY_INLINE V RoundedVector(D d, const TileFinish& f, V sum) {
  const hn::RebindToFloat<D> df;
  const V t = hn::Add(sum, hn::Load(d, f.addends + kI * hn::Lanes(d)));
  return RoundInRange(d, hn::Mul(hn::ConvertTo(df, t), hn::Load(df, f.scales + kI * hn::Lanes(d))));
}
template <class Q, class D, class V = hn::Vec<D>>
HWY_INLINE void FinishBytes(D d, const TileFinish& f, size_t row, V v0, V v1, V v2, V v3) {
  const hn::Repartition<Q, D> dq;
  const auto q = DemoteFour(dq, RoundedVector<0>(d, f, v0), RoundedVector<1>(d, f, v1), RoundedVector<2>(d, f, v2),
                            RoundedVector<3>(d, f, v3), f.zero_point);
  const auto min = hn::Set(dq, static_cast<Q>(f.min)), max = hn::Set(dq, static_cast<Q>(f.max));
  hn::StoreU(hn::Min(hn::Max(q, min), max), dq, static_cast<Q*>(f.to) + row * f.to_stride);
}

template <size_t kI, class D, class V, class VF>
HWY_INLINE void FinishFloatVector(D, const TileFinish& f, VF row_scale, V sum, float* to) {
  const hn::RebindToFloat<D> df;
  constexpr size_t kAt = kI * hn::MaxLanes(D());
  const VF scaled = RoundedMul(df, hn::Mul(hn::ConvertTo(df, sum), row_scale), hn::Load(df, f.scales + kAt));
  hn::StoreU(hn::Add(scaled, hn::Load(df, f.bias + kAt)), df, to + kAt);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE void FinishFloats(D d, const TileFinish& f, size_t row, V v0, V v1, V v2, V v3) {
  const auto row_scale = hn::Set(hn::RebindToFloat<D>(), f.row_scales[row * f.row_scale_step]);
  float* const to = static_cast<float*>(f.to) + row * f.to_stride;
  FinishFloatVector<0>(d, f, row_scale, v0, to);
  FinishFloatVector<1>(d, f, row_scale, v1, to);
  FinishFloatVector<2>(d, f, row_scale, v2, to);
  FinishFloatVector<3>(d, f, row_scale, v3, to);
}

// Rows of at most a vector. Of bytes four at a time: the first `rows` of v0 to v3, each `step` rows after the last one.
template <class Q, class D, class V = hn::Vec<D>>
HWY_INLINE void FinishFewBytes(D d, const TileFinish& f, size_t row, size_t step, size_t rows, V v0, V v1, V v2, V v3) {
  const hn::Repartition<Q, D> dq;
  const hn::CappedTag<Q, TileFinish::kFew> dq_row;
  const auto q = DemoteFour(dq, RoundedVector<0>(d, f, v0), RoundedVector<0>(d, f, v1), RoundedVector<0>(d, f, v2),
                            RoundedVector<0>(d, f, v3), f.zero_point);
  const auto min = hn::Set(dq, static_cast<Q>(f.min)), max = hn::Set(dq, static_cast<Q>(f.max));
  alignas(64) Q four[4 * TileFinish::kFew];
  hn::Store(hn::Min(hn::Max(q, min), max), dq, four);
  Q* to = static_cast<Q*>(f.to) + row * f.to_stride;
  for (size_t i = 0; i < rows; ++i, to += step * f.to_stride) {
    StoreFirst(hn::Load(dq_row, four + i * TileFinish::kFew), dq_row, to, f.columns);
  }
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE void FinishFewFloats(D, const TileFinish& f, size_t row, V v) {
  const hn::RebindToFloat<D> df;
  const auto row_scale = hn::Set(df, f.row_scales[row * f.row_scale_step]);
  const auto scaled = RoundedMul(df, hn::Mul(hn::ConvertTo(df, v), row_scale), hn::Load(df, f.scales));
  StoreFirst(hn::Add(scaled, hn::Load(df, f.bias)), df, static_cast<float*>(f.to) + row * f.to_stride, f.columns);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
