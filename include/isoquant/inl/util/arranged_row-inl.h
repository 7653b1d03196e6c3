// Utilities: writes one row of a tile of A as a policy wants it arranged (ArrangedForm in engine/row_source.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_UTIL_ARRANGED_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_UTIL_ARRANGED_ROW_INL_H_
#undef ISOQUANT_INL_UTIL_ARRANGED_ROW_INL_H_
#else
#define ISOQUANT_INL_UTIL_ARRANGED_ROW_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Row `row` of `rows`, in pieces of `piece_k` elements that alternate over the rows: bytes ^ flip, or, kWide, int16_t.
template <bool kWide>
class ArrangedRow {
  using Element = std::conditional_t<kWide, int16_t, uint8_t>;

 public:
  ArrangedRow(size_t piece_k, uint8_t flip, size_t rows, size_t row, void* out)
      : piece_k_(piece_k), rows_(rows), flip_(flip), out_(static_cast<Element*>(out) + row * piece_k) {}

  // Elements i, i + 1, ... of a vector of s8 or u8, part of a register: i is a multiple of its lanes, a power of two.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void Store(D d, V v, size_t i) const {
    if constexpr (kWide) {
      const hn::Rebind<int16_t, D> d16;
      StoreElements(d16, hn::PromoteTo(d16, v), i);
    } else {
      StoreBytes(d, v, i);
    }
  }
#if HWY_TARGET != HWY_SCALAR
  // The same of a whole register.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void StoreWhole(D d, V v, size_t i) const {
    if constexpr (kWide) {
      const hn::Repartition<int16_t, D> d16;
      StoreElements(d16, hn::PromoteLowerTo(d16, v), i);
      StoreElements(d16, hn::PromoteUpperTo(d16, v), i + hn::Lanes(d16));
    } else {
      StoreBytes(d, v, i);
    }
  }

#endif

  // Zeros from element `i` to the end of its piece, if it does not begin one.
  HWY_INLINE void FillUp(size_t i) const {
    const size_t left = (piece_k_ - i % piece_k_) % piece_k_;
    if (left != 0) std::memset(At(i), 0, left * sizeof(Element));
  }

 private:
  HWY_INLINE Element* At(size_t i) const { return out_ + (i & ~(piece_k_ - 1)) * rows_ + (i & (piece_k_ - 1)); }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void StoreBytes(D, V v, size_t i) const {
    const hn::RebindToUnsigned<D> du;
    StoreElements(du, hn::Xor(hn::BitCast(du, v), hn::Set(du, flip_)), i);
  }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void StoreElements(D d, V v, size_t i) const {
    const size_t lanes = hn::Lanes(d);
    if (HWY_LIKELY(lanes <= piece_k_)) {
      hn::StoreU(v, d, At(i));
      return;
    }
    HWY_ALIGN Element elements[HWY_MAX_BYTES / sizeof(Element)];
    hn::StoreU(v, d, elements);
    for (size_t j = 0; j < lanes; j += piece_k_) std::memcpy(At(i + j), elements + j, piece_k_ * sizeof(Element));
  }

  const size_t piece_k_, rows_;
  const uint8_t flip_;
  Element* const out_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
