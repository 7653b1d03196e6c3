// Sources: rows of f32, bf16 or f16, each quantised by its own values on its way to Tile. The steps are those of
// QuantizeRows (quantize.h); no quantised row ever lies in memory as a row.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_QUANTIZED_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/isa/reduce-inl.h"
#include "isoquant/inl/sources/arranged_row-inl.h"
#include "isoquant/inl/sources/quantized_fours-inl.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// X is float, BFloat16 or Float16; Q is int8_t (symmetric) or uint8_t (asymmetric).
template <class X, class Q>
class QuantizedRows : public RowFiller<Q> {
  static constexpr bool kSigned = std::is_signed<Q>::value;

 public:
  QuantizedRows(const MatrixView<const X>& x, const RowParameters& parameters)
      : RowFiller<Q>(x.rows, x.cols, &Prepare, MayHaveFours(x) ? &ArrangeFours : &Arrange),
        x_(x),
        parameters_(parameters) {}

 private:
  // Short rows are a vector, or several of up to 16 elements in all: for those the loops of longer rows take up to
  // three times as many instructions.
  static constexpr bool kHasSeveral = hn::MaxLanes(DF32()) < 16;
  static HWY_INLINE size_t ShortColumns() { return kHasSeveral ? 16 : hn::Lanes(DF32()); }

  using D4 = hn::CappedTag<float, 4>;
  using DI4 = hn::RebindToSigned<D4>;

  // Four rows at a time: a division takes as long for one as for a vector of them.
  static HWY_NOINLINE void Prepare(const RowFiller<Q>& filler, size_t row, size_t rows) {
    const QuantizedRows& self = static_cast<const QuantizedRows&>(filler);
    if (self.x_.cols <= ShortColumns()) {
      self.FindAllScales<true>(row, rows);
    } else {
      self.FindAllScales<false>(row, rows);
    }
  }

  // kShort: rows are short. (What the loops need of members are copies: stores of scales may change anything
  // else.)
  template <bool kShort>
  HWY_INLINE void FindAllScales(size_t row, size_t rows) const {
    const size_t n = x_.cols, stride = x_.row_stride, end = row + rows;
    const X* x = x_.Row(row);
    if constexpr (kShort) {  // groups of four that do not ask for their number: 40 % less instructions
      for (; row + 4 <= end; row += 4, x += 4 * stride) FindScales<kShort>(x, n, stride, row, 4);
    }
    for (; row < end; row += 4, x += 4 * stride) FindScales<kShort>(x, n, stride, row, HWY_MIN(size_t{4}, end - row));
  }

  // Of `rows` rows, the first of which is x.
  template <bool kShort>
  HWY_INLINE void FindScales(const X* x, size_t n, size_t stride, size_t row, size_t rows) const {
    const DI32 di32;
    alignas(16) int32_t lo[4], hi[4];  // as FindRange has them
    VI32 lo0, lo1, lo2, lo3, hi0, hi1, hi2, hi3;
    FindRanges<kShort>(x, n, row, lo0, hi0);
    lo1 = lo2 = lo3 = lo0;
    hi1 = hi2 = hi3 = hi0;
    if (rows > 1) FindRanges<kShort>(x + stride, n, row + 1, lo1, hi1);
    if (rows > 2) FindRanges<kShort>(x + 2 * stride, n, row + 2, lo2, hi2);
    if (rows > 3) FindRanges<kShort>(x + 3 * stride, n, row + 3, lo3, hi3);
    if constexpr (!kSigned) MaxOfFour(di32, lo0, lo1, lo2, lo3, lo);
    MaxOfFour(di32, hi0, hi1, hi2, hi3, hi);
    const DI4 di4;
    for (size_t r = 0; r < rows; r += hn::Lanes(di4)) FinishScales(row + r, rows - r, lo + r, hi + r);
  }

  // The ranges of row `row`, which is x, lane by lane; `lo` only if it is asked for.
  template <bool kShort>
  HWY_INLINE void FindRanges(const X* x, size_t n, size_t row, VI32& lo, VI32& hi) const {
    if constexpr (kShort && kSigned) {
      hi = Magnitude<false>(LoadAsF32(x, n));
      for (size_t i = hn::Lanes(DF32()); kHasSeveral && i < n; i += hn::Lanes(DF32())) {
        hi = hn::Max(hi, Magnitude<false>(LoadAsF32(x + i, n - i)));
      }
      lo = hi;
    } else {
      const X* const next = x_.Row(HWY_MIN(row + 1, x_.rows - 1));
      if constexpr (kSigned) {
        lo = hi = LargestMagnitudes<false>(x, n, next);
      } else {
        HWY_NAMESPACE::FindRanges<false>(x, n, lo, hi, next);
      }
    }
  }

  // Of as many rows as a vector has lanes, or `rows`.
  HWY_INLINE void FinishScales(size_t row, size_t rows, int32_t* lo, int32_t* hi) const {
    const D4 d;
    const DI4 di32;
    rows = HWY_MIN(rows, hn::Lanes(d));
    auto his = hn::Load(di32, hi), largest = his;
    if constexpr (!kSigned) largest = hn::Max(largest, hn::Load(di32, lo));
    const auto is_finite = hn::Lt(largest, hn::Set(di32, kInfinity));
    if (HWY_UNLIKELY(!hn::AllTrue(di32, is_finite))) {
      FilterRows(row, rows, lo, hi);
      his = hn::Load(di32, hi);
    }
    hn::Vec<D4> scales;
    if constexpr (kSigned) {
      scales = SymmetricScales(d, hn::BitCast(d, his));
    } else {
      hn::Vec<DI4> zero_points;
      scales = AsymmetricScales(d, hn::BitCast(d, hn::Load(di32, lo)), hn::BitCast(d, his), zero_points);
      StoreFirst(zero_points, di32, parameters_.zero_points + row, rows);
    }
    StoreFirst(scales, d, parameters_.scales + row, rows);
    const auto ones = hn::IfThenElse(hn::RebindMask(d, is_finite), hn::Set(d, 1.0f), hn::Set(d, -1.0f));
    StoreFirst(hn::Div(ones, scales), d, parameters_.inverses + row, rows);
  }

  // Of rows of which some have infinities or NaN.
  HWY_NOINLINE void FilterRows(size_t row, size_t rows, int32_t* lo, int32_t* hi) const {
    for (size_t r = 0; r < rows; ++r) {
      const X* const x = x_.Row(row + r);
      if (hi[r] < kInfinity && (kSigned || lo[r] < kInfinity)) continue;
      if constexpr (kSigned) {
        hi[r] = LargestMagnitude<true>(x, x_.cols);
      } else {
        FindRange<true>(x, x_.cols, lo[r], hi[r]);
      }
    }
  }

  // Short rows, if there are fours of them, and all are finite; else as other rows.
  static HWY_INLINE bool MayHaveFours(const MatrixView<const X>& x) {
    return kQuantizesFours && x.cols != 0 && x.cols <= ShortColumns();
  }
  static HWY_NOINLINE void ArrangeFours(const RowFiller<Q>& filler, size_t row, size_t rows, bool prepares,
                                        const ArrangedForm& form, void* out) {
    if constexpr (kQuantizesFours) {
      const QuantizedRows& self = static_cast<const QuantizedRows&>(filler);
      const ShortRows<X> x{self.x_.Row(row), self.x_.cols, self.x_.row_stride, rows};
      constexpr size_t kLanes = hn::MaxLanes(DF32());
      if (prepares && rows % 4 == 0 && !form.wide && kLanes <= form.piece_k && form.kr <= kLanes &&
          FindScalesOfFours<Q>(x, self.parameters_, row)) {
        return QuantizeFours<Q>(x, self.parameters_, row, form, static_cast<uint8_t*>(out));
      }
    }
    Arrange(filler, row, rows, prepares, form, out);
  }

  static HWY_NOINLINE void Arrange(const RowFiller<Q>& filler, size_t row, size_t rows, bool prepares,
                                   const ArrangedForm& form, void* out) {
    const QuantizedRows& self = static_cast<const QuantizedRows&>(filler);
    if (form.wide) {
      self.ArrangeAs<int16_t>(row, rows, prepares, form, static_cast<int16_t*>(out));
    } else {
      self.ArrangeAs<uint8_t>(row, rows, prepares, form, static_cast<uint8_t*>(out));
    }
  }

  // What the loops need of members are copies: stores of bytes may change anything else.
  template <class T>
  HWY_INLINE void ArrangeAs(size_t row, size_t rows, bool prepares, const ArrangedForm& form_in, T* out) const {
    if (prepares) Prepare(*this, row, rows);
    if (x_.cols == 0) return;
    const size_t written = kHasSeveral ? RoundUp(x_.cols, hn::Lanes(DF32())) : hn::Lanes(DF32());
    if (x_.cols <= ShortColumns() && written <= form_in.piece_k) return ArrangeShort(row, rows, form_in, out);
    const ArrangedForm form = form_in;
    const size_t n = x_.cols, stride = x_.row_stride, end = row + rows;
    const float* const inverses = parameters_.inverses;
    const int32_t* const zero_points = parameters_.zero_points;
    const X* x = x_.Row(row);
    for (size_t r = row; r < end; ++r, out += form.piece_k, x += stride) {
      const ArrangedRow<T> to(form, rows, out);
      const int32_t zero_point = kSigned ? 0 : zero_points[r];
      const float inverse = inverses[r];
      if (HWY_LIKELY(inverse > 0.0f)) {
        QuantizeRow(x, n, hn::Set(DF32(), inverse), zero_point, to);
      } else {
        QuantizeRest<false>(0, x, n, hn::Set(DF32(), -inverse), zero_point, to);
      }
    }
  }

  // Short rows.
  template <class T>
  HWY_INLINE void ArrangeShort(size_t row, size_t rows, const ArrangedForm& form, T* out) const {
    const D4 d;  // as inverses have just been stored: a longer vector would wait until the caches have them
    const auto zero = hn::Zero(d);
    const float* const inverses = parameters_.inverses + row;
    ArrangeShortRows<true>(row, rows, rows, form, out);
    for (size_t r = 0; r < rows; r += hn::Lanes(d)) {
      if (HWY_LIKELY(hn::AllFalse(d, hn::Lt(LoadFirst(d, inverses + r, rows - r), zero)))) continue;
      for (size_t i = r; i < HWY_MIN(rows, r + hn::Lanes(d)); ++i) {
        if (inverses[i] < 0.0f) ArrangeNotFinite(row + i, rows, form, out + i * form.piece_k);
      }
    }
  }
  template <class T>
  HWY_NOINLINE void ArrangeNotFinite(size_t row, size_t rows, const ArrangedForm& form, T* out) const {
    ArrangeShortRows<false>(row, 1, rows, form, out);
  }

  // `count` of the `rows` rows of a piece.
  template <bool kAllFinite, class T>
  HWY_INLINE void ArrangeShortRows(size_t row, size_t count, size_t rows, const ArrangedForm& form_in, T* out) const {
    const DF32 d;
    const hn::Rebind<Q, DF32> dq;
    const ArrangedForm form = form_in;
    const size_t n = x_.cols, stride = x_.row_stride;
    const X* x = x_.Row(row);
    const float* const inverses = parameters_.inverses;
    const int32_t* const zero_points = parameters_.zero_points;
    const size_t lanes = hn::Lanes(d);
    const bool fills = lanes < form.kr;
    for (size_t r = row, end = row + count; r < end; ++r, out += form.piece_k, x += stride) {
      const ArrangedRow<T> to(form, rows, out);
      const int32_t zero_point = kSigned ? 0 : zero_points[r];
      const VF32 inverse = hn::Set(d, inverses[r]);
      size_t i = 0;
      do {
        const VF32 v = LoadAsF32(x + i, n - i);
        VI32 rounded =
            kAllFinite ? RoundInRange(DI32(), hn::Mul(v, inverse)) : RoundAny(v, hn::Abs(inverse), zero_point);
        if (!kSigned) rounded = hn::Add(rounded, hn::Set(DI32(), zero_point));
        to.Store(dq, hn::DemoteTo(dq, rounded), out + i, n - i);
        i += lanes;
      } while (kHasSeveral && i < n);
      if (fills) to.FillUp(i, n);
    }
  }

  // round(clamp(x * inverse)), where x may be infinite or NaN.
  HWY_INLINE VI32 RoundAny(VF32 x, VF32 inverse, int32_t zero_point) const {
    constexpr int32_t kLo = kSigned ? -127 : 0, kHi = kSigned ? 127 : 255;
    const VF32 lo = hn::Set(DF32(), static_cast<float>(kLo - zero_point));
    const VF32 hi = hn::Set(DF32(), static_cast<float>(kHi - zero_point));
    return RoundScaled<false>(x, inverse, lo, hi);
  }

  // As QuantizeRow of quantize-inl.h, of a row whose values are finite: they need no clamp.
  template <class T>
  HWY_INLINE void QuantizeRow(const X* HWY_RESTRICT x, size_t n, VF32 inverse, int32_t zero_point,
                              const ArrangedRow<T>& to) const {
    size_t i = 0;
    if constexpr (kDemotesFour) {
      const hn::Repartition<Q, DF32> dq;
      const DI32 di32;
      const size_t lanes = hn::Lanes(di32), block = 4 * lanes;
      if (HWY_LIKELY(block <= to.piece_k())) {
        T* at = to.Piece(0);
        size_t left = to.piece_k();  // of this piece
        for (; i + block <= n; i += block) {
          const VI32 v0 = RoundInRange(di32, hn::Mul(LoadAsF32(x + i), inverse));
          const VI32 v1 = RoundInRange(di32, hn::Mul(LoadAsF32(x + i + lanes), inverse));
          const VI32 v2 = RoundInRange(di32, hn::Mul(LoadAsF32(x + i + 2 * lanes), inverse));
          const VI32 v3 = RoundInRange(di32, hn::Mul(LoadAsF32(x + i + 3 * lanes), inverse));
          to.StoreWhole(dq, DemoteFour<!kSigned>(dq, v0, v1, v2, v3, zero_point), at);
          at += block;
          left -= block;
          if (left == 0) {
            at += to.skip();
            left = to.piece_k();
          }
        }
      }
    }
    if (i < to.End(n)) QuantizeRest<true>(i, x, n, inverse, zero_point, to);
  }

  // From element `i` on. Behind the last one there is what 0 becomes, or zeros. kInRange: no clamp.
  template <bool kInRange, class T>
  HWY_INLINE void QuantizeRest(size_t i, const X* HWY_RESTRICT x, size_t n, VF32 inverse, int32_t zero_point,
                               const ArrangedRow<T>& to) const {
    const DI32 di32;
    const hn::Rebind<Q, DF32> dq;
    const size_t lanes = hn::Lanes(di32), in_piece = to.piece_k() - 1;
    for (; i < n; i += lanes) {
      const VF32 vx = LoadAsF32(x + i, n - i);
      const VI32 v = kInRange ? RoundInRange(di32, hn::Mul(vx, inverse)) : RoundAny(vx, inverse, zero_point);
      const auto q = hn::DemoteTo(dq, hn::Add(v, hn::Set(di32, zero_point)));
      to.Store(dq, q, to.Piece(i & ~in_piece) + (i & in_piece), n - i);
    }
    to.FillUp(i, n);
  }

  const MatrixView<const X> x_;
  const RowParameters parameters_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
