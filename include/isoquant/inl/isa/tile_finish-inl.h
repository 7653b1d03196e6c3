// ISA layer: what TileFinish says, on sums in registers, in vectors of 16. The steps are those of RequantizeStage and
// DequantizeStage, to their bits. Scales, addends and bias are operands in memory: registers are full.

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

// The addends of the vector of columns from `col` on. Sums of tiles begin with them.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Addends(D d, const TileFinish& f, size_t col) {
  return hn::Load(d, f.addends + col);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V RoundedVector(D d, const TileFinish& f, size_t col, V sum) {
  const hn::RebindToFloat<D> df;
  return RoundInRange(d, hn::Mul(hn::ConvertTo(df, sum), hn::Load(df, f.scales + col)));
}
// Four vectors of sums with addends, which are kVectors of each row: those of columns from `col` on. kPlain: there are
// neither a zero point nor a clamp. (A branch on them here, instead, makes g++ 12 spill sums.)
template <class Q, bool kPlain, size_t kVectors, class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Repartition<Q, D>> FinishedBytes(D d, const TileFinish& f, size_t col, V v0, V v1, V v2, V v3) {
  constexpr size_t kN = hn::MaxLanes(D());
  const hn::Repartition<Q, D> dq;
  const V r0 = RoundedVector(d, f, col, v0), r1 = RoundedVector(d, f, col + 1 % kVectors * kN, v1);
  const V r2 = RoundedVector(d, f, col + 2 % kVectors * kN, v2), r3 = RoundedVector(d, f, col + 3 % kVectors * kN, v3);
  if constexpr (kPlain) return DemoteFour<false>(dq, r0, r1, r2, r3, 0);
  const auto q = DemoteFour<true>(dq, r0, r1, r2, r3, f.zero_point);
  const auto min = hn::Set(dq, static_cast<Q>(f.min)), max = hn::Set(dq, static_cast<Q>(f.max));
  return hn::Min(hn::Max(q, min), max);
}

// One row of four vectors.
template <class Q, bool kPlain, class D, class V = hn::Vec<D>>
HWY_INLINE void FinishBytes(D d, const TileFinish& f, V v0, V v1, V v2, V v3, Q* to) {
  hn::StoreU(FinishedBytes<Q, kPlain, 4>(d, f, 0, v0, v1, v2, v3), hn::Repartition<Q, D>(), to);
}
// Two vectors of each of two rows. The second row is not stored where it is null.
#if HWY_TARGET != HWY_SCALAR  // which has no half vectors
template <bool kPlain, class Q, class D, class V = hn::Vec<D>>
HWY_INLINE void FinishTwoRows(D d, const TileFinish& f, size_t col, V v0, V v1, V w0, V w1, Q* first, Q* second) {
  const hn::Half<hn::Repartition<Q, D>> d_row;
  const auto q = FinishedBytes<Q, kPlain, 2>(d, f, col, v0, v1, w0, w1);
  hn::StoreU(hn::LowerHalf(d_row, q), d_row, first);
  if (second != nullptr) hn::StoreU(hn::UpperHalf(d_row, q), d_row, second);
}
#endif
// The first `rows` of four rows of at most a vector, each `step` elements after the last one.
template <class Q, bool kPlain, class D, class V = hn::Vec<D>>
HWY_INLINE void FinishFewBytes(D d, const TileFinish& f, size_t col, V v0, V v1, V v2, V v3, Q* to, size_t step,
                               size_t rows) {
  const hn::CappedTag<Q, TileFinish::kFew> d_row;
  alignas(64) Q four[4 * TileFinish::kFew];
  hn::Store(FinishedBytes<Q, kPlain, 1>(d, f, col, v0, v1, v2, v3), hn::Repartition<Q, D>(), four);
  for (size_t i = 0; i < rows; ++i, to += step) {
    StoreFirst(hn::Load(d_row, four + i * TileFinish::kFew), d_row, to, f.columns - col);
  }
}

// The vector of columns from `col` on, which the output may have a part of.
template <class D, class V, class VF>
HWY_INLINE VF FinishedFloats(D, const TileFinish& f, size_t col, VF row_scale, V sum) {
  const hn::RebindToFloat<D> df;
  const VF scaled = RoundedMul(df, hn::Mul(hn::ConvertTo(df, sum), row_scale), hn::Load(df, f.scales + col));
  return hn::Add(scaled, hn::Load(df, f.bias + col));
}
template <class D, class V, class VF>
HWY_INLINE void FinishFloatVector(D d, const TileFinish& f, size_t col, VF row_scale, V sum, float* to) {
  hn::StoreU(FinishedFloats(d, f, col, row_scale, sum), hn::RebindToFloat<D>(), to + col);
}
template <class D, class V, class VF>
HWY_INLINE void FinishFewFloats(D d, const TileFinish& f, size_t col, VF row_scale, V sum, float* to) {
  StoreFirst(FinishedFloats(d, f, col, row_scale, sum), hn::RebindToFloat<D>(), to + col, f.columns - col);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
