// Sources: rows of f32 that count as bf16, rounded on their way to Tile.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_ROUNDED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_ROUNDED_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_ROUNDED_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_ROUNDED_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/isa/float_types-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// a(m, k) = values(m, k), rounded to bf16. Policies take it as bf16 (form.wide), or as f32: those for exact products,
// which want -0 behind an odd K (tile_bf16-inl.h). Everything else that a policy reads behind a row is zero.
class RoundedRows : public RowFiller<BFloat16> {
 public:
  explicit RoundedRows(const MatrixView<const float>& values)
      : RowFiller<BFloat16>(values.rows, values.cols, nullptr, &Arrange), values_(values) {}

 private:
  static HWY_NOINLINE void Arrange(const RowFiller<BFloat16>& filler, size_t row, size_t rows, bool,
                                   const ArrangedForm& form, void* out) {
    const RoundedRows& self = static_cast<const RoundedRows&>(filler);
    if (form.wide) {
      self.Write(row, rows, form, static_cast<uint16_t*>(out));
    } else {
      self.Write(row, rows, form, static_cast<uint32_t*>(out));
    }
  }

  template <class To>
  HWY_INLINE void Write(size_t row, size_t rows, const ArrangedForm& form, To* HWY_RESTRICT out) const {
    const size_t k = values_.cols, piece = form.piece_k, end = (k + form.kr - 1) & ~(form.kr - 1);
    for (size_t i = 0; i < k; i += piece) {
      for (size_t r = 0; r < rows; ++r) {
        WritePart(values_.Row(row + r) + i, HWY_MIN(piece, k - i), out + i * rows + r * piece);
      }
    }
    const To behind_odd = sizeof(To) == 4 ? static_cast<To>(0x80000000u) : To{0};
    for (size_t i = k; i < end; ++i) {
      To* const to = out + i / piece * piece * rows + i % piece;
      for (size_t r = 0; r < rows; ++r) to[r * piece] = i == k && k % 2 != 0 ? behind_odd : To{0};
    }
  }

  template <class To>
  static HWY_INLINE void WritePart(const float* HWY_RESTRICT from, size_t n, To* HWY_RESTRICT to) {
    const hn::CappedTag<float, 16> d;
    for (size_t i = 0; i < n; i += hn::Lanes(d)) {
      const auto x = LoadFirst(d, from + i, n - i);
      if constexpr (sizeof(To) == 2) {
        const hn::Rebind<uint16_t, decltype(d)> d16;
        StoreFirst(DemoteBf16(d, x), d16, to + i, n - i);
      } else {
        const hn::RebindToUnsigned<decltype(d)> du;
        StoreFirst(hn::And(RoundToBf16(d, x), hn::Set(du, 0xffff0000u)), du, to + i, n - i);
      }
    }
  }

  const MatrixView<const float> values_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
