// Sources: rows of floats that are columns in memory: a K x M matrix stands for its transpose, M rows of K.
//
// Four k of up to 16 rows at a time are read from four rows of the matrix, interleaved, and copied to the pieces that
// the policy wants. So the transpose never lies in memory as a whole.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_TRANSPOSED_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_TRANSPOSED_ROWS_INL_H_
#undef ISOQUANT_INL_SOURCES_TRANSPOSED_ROWS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_TRANSPOSED_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// a(m, k) = values(k, m). A is float or BFloat16. Policies take bf16 as they are (form.wide), or as the f32 that they
// are: those for exact products, which want -0 behind an odd K (tile_bf16-inl.h). Everything else that a policy reads
// behind a row is zero.
template <class A>
class TransposedRows : public RowFiller<A> {
 public:
  explicit TransposedRows(const MatrixView<const A>& values)
      : RowFiller<A>(values.cols, values.rows, nullptr, &Arrange), values_(values) {}

 private:
  static constexpr bool kIsBf16 = std::is_same<A, BFloat16>::value;
  static constexpr size_t kSteps = 4, kRows = 16;  // at a time
  using Bits = std::conditional_t<kIsBf16, uint16_t, uint32_t>;

  static HWY_NOINLINE void Arrange(const RowFiller<A>& filler, size_t row, size_t rows, bool, const ArrangedForm& form,
                                   void* out) {
    const TransposedRows& self = static_cast<const TransposedRows&>(filler);
    if constexpr (kIsBf16) {
      if (form.wide) return self.Write<uint16_t>(row, rows, form, static_cast<uint16_t*>(out));
    }
    self.Write<uint32_t>(row, rows, form, static_cast<uint32_t*>(out));
  }

  template <class To>
  HWY_INLINE void Write(size_t row, size_t rows, const ArrangedForm& form, To* HWY_RESTRICT out) const {
    const size_t k = values_.rows, piece = form.piece_k, end = (k + form.kr - 1) & ~(form.kr - 1);
    const To behind_odd = kIsBf16 && sizeof(To) == 4 ? static_cast<To>(0x80000000u) : To{0};
    const size_t copied = HWY_MIN(piece, kSteps);  // elements of a row that follow each other both here and there
    for (size_t i = 0; i < end; i += kSteps) {
      for (size_t r = 0; r < rows; r += kRows) {
        HWY_ALIGN To block[kRows * kSteps];
        const size_t left = HWY_MIN(rows - r, kRows);
        Interleave(row + r, left, i, behind_odd, block);
        for (size_t j = 0; j < kSteps && i + j < end; j += copied) {
          To* to = out + (i + j) / piece * piece * rows + r * piece + (i + j) % piece;
          CopyRows(block + j, left, copied, to, piece);
        }
      }
    }
  }

  // To block[r * kSteps + j], element i + j of `rows` rows; what is behind the last k is `behind` if its number is odd,
  // else 0.
  template <class To>
  HWY_INLINE void Interleave(size_t row, size_t rows, size_t i, To behind, To* HWY_RESTRICT block) const {
    const hn::CappedTag<To, kRows> d;
    for (size_t r = 0; r < rows; r += hn::Lanes(d)) {
      const size_t left = rows - r;
      const auto v0 = Load(d, i, row + r, left, behind), v1 = Load(d, i + 1, row + r, left, behind);
      const auto v2 = Load(d, i + 2, row + r, left, behind), v3 = Load(d, i + 3, row + r, left, behind);
      hn::StoreInterleaved4(v0, v1, v2, v3, d, block + r * kSteps);
    }
  }
  template <class D, class To = hn::TFromD<D>>
  HWY_INLINE hn::Vec<D> Load(D d, size_t k, size_t row, size_t rows, To behind) const {
    if (HWY_UNLIKELY(k >= values_.rows)) return hn::Set(d, k == values_.rows && k % 2 != 0 ? behind : To{0});
    const Bits* const from = reinterpret_cast<const Bits*>(values_.Row(k) + row);
    if constexpr (sizeof(To) == sizeof(Bits)) {
      return LoadFirst(d, from, rows);
    } else {
      return hn::ShiftLeft<16>(hn::PromoteTo(d, LoadFirst(hn::Rebind<Bits, D>(), from, rows)));
    }
  }

  // The first n elements of each row of a block, a power of two.
  template <class To>
  static HWY_INLINE void CopyRows(const To* HWY_RESTRICT block, size_t rows, size_t n, To* HWY_RESTRICT to,
                                  size_t piece) {
    if (n == kSteps) {
      for (size_t r = 0; r < rows; ++r) std::memcpy(to + r * piece, block + r * kSteps, kSteps * sizeof(To));
    } else {
      for (size_t r = 0; r < rows; ++r) {
        for (size_t j = 0; j < n; ++j) to[r * piece + j] = block[r * kSteps + j];
      }
    }
  }

  const MatrixView<const A> values_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
