// Sources: rows of f32, each quantised by its own values on its way to Tile. The steps are those of QuantizeRows
// (quantize.h); no quantised row ever lies in memory as a row.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/sources/arranged_row-inl.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Q is int8_t (symmetric) or uint8_t (asymmetric).
template <class Q>
class QuantizedRows : public RowFiller<Q> {
  static constexpr bool kSigned = std::is_signed<Q>::value;

 public:
  QuantizedRows(const MatrixView<const float>& x, const RowParameters& parameters)
      : RowFiller<Q>(x.rows, x.cols, &Prepare, &Arrange), x_(x), parameters_(parameters) {}

 private:
  // So many rows get their scales at once: a division takes as long for one as for a vector of them.
  static constexpr size_t kRows = 16;

  static HWY_NOINLINE void Prepare(const RowFiller<Q>& filler, size_t row, size_t rows) {
    const QuantizedRows& self = static_cast<const QuantizedRows&>(filler);
    for (size_t end = row + rows; row < end; row += kRows) self.FindScales(row, HWY_MIN(kRows, end - row));
  }

  void FindScales(size_t row, size_t rows) const {
    const DF32 d;
    const size_t lanes = hn::Lanes(d);
    HWY_ALIGN float lo[kRows];
    HWY_ALIGN float hi[kRows];
    for (size_t r = 0; r < rows; ++r) {
      bool all_finite;
      if constexpr (kSigned) {
        hi[r] = FindAbsMax(x_.Row(row + r), x_.cols, all_finite);
      } else {
        FindFiniteRange(x_.Row(row + r), x_.cols, lo[r], hi[r], all_finite);
      }
      parameters_.all_finite[row + r] = all_finite;
    }
    for (size_t r = 0; r < rows; r += lanes) {
      const VF32 vhi = LoadFirst(d, hi + r, rows - r);
      if constexpr (kSigned) {
        StoreFirst(SymmetricScales(vhi), d, parameters_.scales + row + r, rows - r);
      } else {
        VI32 zero_points;
        const VF32 scales = AsymmetricScales(LoadFirst(d, lo + r, rows - r), vhi, zero_points);
        StoreFirst(scales, d, parameters_.scales + row + r, rows - r);
        StoreFirst(zero_points, DI32(), parameters_.zero_points + row + r, rows - r);
      }
    }
  }

  static HWY_NOINLINE void Arrange(const RowFiller<Q>& filler, size_t row, size_t rows, const ArrangedForm& form,
                                   void* out) {
    const QuantizedRows& self = static_cast<const QuantizedRows&>(filler);
    const RowParameters& parameters = self.parameters_;
    const size_t last = self.x_.rows - 1;
    for (size_t r = 0; r < rows; ++r) {
      const ArrangedRow to(form, rows, r, out);
      const float scale = parameters.scales[row + r];
      const RowScale s{scale, kSigned ? 0 : parameters.zero_points[row + r], parameters.all_finite[row + r] != 0};
      const float* const next = self.x_.Row(HWY_MIN(row + r + rows, last));  // of the next tile
      self.QuantizeRowTo(self.x_.Row(row + r), s, next, to);
    }
  }

  // As QuantizeRow. (To is ArrangedRow, which is incomplete for targets without vectors.)
  template <class To>
  HWY_INLINE void QuantizeRowTo(const float* HWY_RESTRICT x, RowScale s, const float* next, const To& to) const {
    const DF32 d;
    const size_t n = x_.cols;
    const VF32 inverse = hn::Set(d, 1.0f / s.scale);
    if (HWY_UNLIKELY(!s.all_finite)) return QuantizeFrom<false>(0, x, s, inverse, next, to);
    size_t i = 0;
    if constexpr (kDemotesFour) {
      const hn::Repartition<Q, DF32> dq;
      const size_t lanes = hn::Lanes(d);
      for (; i + 4 * lanes <= n; i += 4 * lanes) {
        for (size_t j = 0; j < 4; ++j) hwy::Prefetch(next + i + j * lanes);
        const VI32 v0 = RoundInRange(DI32(), hn::Mul(hn::LoadU(d, x + i), inverse));
        const VI32 v1 = RoundInRange(DI32(), hn::Mul(hn::LoadU(d, x + i + lanes), inverse));
        const VI32 v2 = RoundInRange(DI32(), hn::Mul(hn::LoadU(d, x + i + 2 * lanes), inverse));
        const VI32 v3 = RoundInRange(DI32(), hn::Mul(hn::LoadU(d, x + i + 3 * lanes), inverse));
        to.StoreWhole(dq, DemoteFour(dq, v0, v1, v2, v3, s.zero_point), i);
      }
    }
    QuantizeFrom<true>(i, x, s, inverse, next, to);
  }

  // From element `i` on. Behind the last one there is what 0 becomes, or zeros.
  template <bool kInRange>
  HWY_INLINE void QuantizeFrom(size_t i, const float* HWY_RESTRICT x, RowScale s, VF32 inverse, const float* next,
                               const ArrangedRow& to) const {
    const DF32 d;
    const DI32 di32;
    const hn::Rebind<Q, DF32> dq;
    constexpr int32_t kLo = kSigned ? -127 : 0, kHi = kSigned ? 127 : 255;
    const VF32 lo = hn::Set(d, static_cast<float>(kLo - s.zero_point));
    const VF32 hi = hn::Set(d, static_cast<float>(kHi - s.zero_point));
    const VI32 zero_point = hn::Set(di32, s.zero_point);
    const size_t n = x_.cols;
    for (; i < n; i += hn::Lanes(d)) {
      hwy::Prefetch(next + i);
      const VI32 v = RoundScaled<kInRange>(LoadFirst(d, x + i, n - i), inverse, lo, hi);
      to.Store(dq, hn::DemoteTo(dq, hn::Add(v, zero_point)), i);
    }
    to.FillUp(i, n);
  }

  const MatrixView<const float> x_;
  const RowParameters parameters_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
