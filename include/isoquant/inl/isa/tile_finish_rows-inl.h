// ISA layer: what TileFinish says, on sums in a buffer: some rows of a tile of kFinishedColumns columns. The steps are
// those of tile_finish-inl.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_FINISH_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_FINISH_ROWS_INL_H_
#undef ISOQUANT_INL_ISA_TILE_FINISH_ROWS_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_FINISH_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/isa/tile_finish-inl.h"
#include "isoquant/inl/isa/tile_finish.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR  // which has no half vectors, and no matrix unit

constexpr size_t kFinishedColumns = 32;  // of a tile that the matrix unit leaves

// Rows of sums in a buffer: `sums` is the first one, of the output's row `row`.
struct SumsOfRows {
  const int32_t* sums;
  size_t stride, row, rows;
};

// The vectors of a row, from the kI-th on.
template <size_t kI, class D, class VF>
HWY_INLINE void FinishFloatRow(D d, const TileFinish& f, VF row_scale, const int32_t* sums, float* to) {
  if constexpr (kI * hn::MaxLanes(D()) < kFinishedColumns) {
    FinishFloatVector(d, f, kI * hn::MaxLanes(D()), row_scale, hn::Load(d, sums + kI * hn::MaxLanes(D())), to);
    FinishFloatRow<kI + 1>(d, f, row_scale, sums, to);
  }
}
template <class D>
HWY_INLINE void FinishFloatRows(D d, const TileFinish& f, SumsOfRows s) {
  float* to = static_cast<float*>(f.to) + s.row * f.to_stride;
  const float* scale = f.row_scales + s.row * f.row_scale_step;
  for (; s.rows != 0; --s.rows, s.sums += s.stride, to += f.to_stride, scale += f.row_scale_step) {
    FinishFloatRow<0>(d, f, hn::Set(hn::RebindToFloat<D>(), *scale), s.sums, to);
  }
}

// Vectors of 256 bits take one row for DemoteFour, those of 512 bits two.
template <class Q, class D>
HWY_INLINE void FinishByteRows(D d, const TileFinish& f, SumsOfRows s) {
  constexpr size_t kN = hn::MaxLanes(D()), kRows = 4 * kN / kFinishedColumns;
  const auto load = [&](const int32_t* sums, size_t col)
                        HWY_ATTR { return hn::Add(hn::Load(d, sums + col), Addends(d, f, col)); };
  Q* to = static_cast<Q*>(f.to) + s.row * f.to_stride;
  if constexpr (kRows == 1) {
    for (; s.rows != 0; --s.rows, s.sums += s.stride, to += f.to_stride) {
      const int32_t* const sums = s.sums;
      FinishBytes<Q, false>(d, f, load(sums, 0), load(sums, kN), load(sums, 2 * kN), load(sums, 3 * kN), to);
    }
  } else {
    while (s.rows != 0) {
      const bool both = s.rows != 1;
      const int32_t* const second = both ? s.sums + s.stride : s.sums;
      FinishTwoRows<false>(d, f, 0, load(s.sums, 0), load(s.sums, kN), load(second, 0), load(second, kN), to,
                           both ? to + f.to_stride : nullptr);
      s.sums += 2 * s.stride;
      to += 2 * f.to_stride;
      s.rows -= both ? 2 : 1;
    }
  }
}

// d: vectors of 8 or 16 sums.
template <class D>
HWY_INLINE void FinishRows(D d, const TileFinish& f, const SumsOfRows& s) {
  if (f.kind == TileFinish::kF32) return FinishFloatRows(d, f, s);
  if constexpr (TileFinish::kMayBeBytes) {
    f.kind == TileFinish::kS8 ? FinishByteRows<int8_t>(d, f, s) : FinishByteRows<uint8_t>(d, f, s);
  }
}

#endif  // HWY_SCALAR

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
