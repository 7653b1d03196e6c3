// Sources: writes one row of a tile of A as a policy wants it arranged (ArrangedForm).

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_ARRANGED_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_ARRANGED_ROW_INL_H_
#undef ISOQUANT_INL_SOURCES_ARRANGED_ROW_INL_H_
#else
#define ISOQUANT_INL_SOURCES_ARRANGED_ROW_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/isa/rounding-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// One of `rows` rows, whose first piece is at `out`. T is int16_t if the form is wide, else uint8_t.
template <class T>
class ArrangedRow {
  static constexpr bool kWide = sizeof(T) == 2;

 public:
  ArrangedRow(const ArrangedForm& form, size_t rows, T* out) : form_(form), rows_(rows), out_(out) {}

  size_t piece_k() const { return form_.piece_k; }
  // Where the piece of element `i`, its first one, lies.
  T* Piece(size_t i) const { return out_ + i * rows_; }
  // From the end of a piece to the next one.
  size_t skip() const { return form_.piece_k * (rows_ - 1); }

  // A vector of s8 or u8, of at most 16 lanes, a power of two: to its place in a piece, or in several, if so many begin
  // within the next `left` elements.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void Store(D d, V v, T* to, size_t left) const {
    if constexpr (kWide) {
      const hn::Rebind<int16_t, D> d16;
      hn::StoreU(hn::PromoteTo(d16, v), d16, to);
    } else {
      const hn::RebindToUnsigned<D> du;
      const auto bytes = hn::Xor(hn::BitCast(du, v), hn::Set(du, form_.flip));
      if (hn::MaxLanes(d) > 4 && HWY_UNLIKELY(hn::Lanes(d) > form_.piece_k)) {
        alignas(16) uint8_t pieces[16];
        hn::StoreU(bytes, du, pieces);
        for (size_t i = 0; i < HWY_MIN(left, hn::Lanes(d)); i += form_.piece_k)
          std::memcpy(to + i * rows_, pieces + i, form_.piece_k);
      } else {
        hn::StoreU(bytes, du, to);
      }
    }
  }
  // A whole register of them, to its place in a piece. On x86 alone (kDemotesFour).
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void StoreWhole(D d, V v, T* to) const {
    if constexpr (kWide) {
      StoreWidened(d, v, to);
    } else {
      const hn::RebindToUnsigned<D> du;
      hn::StoreU(hn::Xor(hn::BitCast(du, v), hn::Set(du, form_.flip)), du, to);
    }
  }

  // Where a row of n elements ends: there Tile stops to read.
  size_t End(size_t n) const { return (n + form_.kr - 1) & ~(form_.kr - 1); }

  // Zeros from element `i` to that end.
  HWY_INLINE void FillUp(size_t i, size_t n) const {
    const size_t in_piece = i & (form_.piece_k - 1);
    if (i < End(n)) std::memset(Piece(i - in_piece) + in_piece, 0, (End(n) - i) * sizeof(T));
  }

 private:
  const ArrangedForm form_;
  const size_t rows_;
  T* const out_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
