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

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Row `row` of `rows`.
class ArrangedRow {
 public:
  ArrangedRow(const ArrangedForm& form, size_t rows, size_t row, void* out)
      : form_(form), rows_(rows), out_(static_cast<uint8_t*>(out) + ((row * form.piece_k) << form.wide)) {}

  // Elements i, i + 1, ... of a vector of s8 or u8 of at most 16 lanes: i is a multiple of its lanes, a power of two.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void Store(D d, V v, size_t i) const {
    const size_t lanes = hn::Lanes(d);
    if (form_.wide) {
      const hn::Rebind<int16_t, D> d16;
      hn::StoreU(hn::PromoteTo(d16, v), d16, reinterpret_cast<int16_t*>(At(i)));
      return;
    }
    const hn::RebindToUnsigned<D> du;
    const auto bytes = hn::Xor(hn::BitCast(du, v), hn::Set(du, form_.flip));
    if (HWY_LIKELY(lanes <= form_.piece_k)) {
      hn::StoreU(bytes, du, At(i));
      return;
    }
    alignas(16) uint8_t pieces[16];
    hn::StoreU(bytes, du, pieces);
    for (size_t j = 0; j < lanes; j += form_.piece_k) std::memcpy(At(i + j), pieces + j, form_.piece_k);
  }

#if HWY_TARGET != HWY_SCALAR
  // The same of a whole register.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void StoreWhole(D, V v, size_t i) const {
    if (form_.wide) {
      const hn::Repartition<int16_t, D> d16;
      hn::StoreU(hn::PromoteLowerTo(d16, v), d16, reinterpret_cast<int16_t*>(At(i)));
      hn::StoreU(hn::PromoteUpperTo(d16, v), d16, reinterpret_cast<int16_t*>(At(i + hn::Lanes(d16))));
      return;
    }
    const hn::RebindToUnsigned<D> du;
    hn::StoreU(hn::Xor(hn::BitCast(du, v), hn::Set(du, form_.flip)), du, At(i));
  }
#endif

  // Zeros from element `i` on, if the row of n elements does not end there.
  HWY_INLINE void FillUp(size_t i, size_t n) const {
    const size_t end = (n + form_.kr - 1) & ~(form_.kr - 1);
    if (i < end) std::memset(At(i), 0, (end - i) << form_.wide);
  }

 private:
  HWY_INLINE uint8_t* At(size_t i) const {
    return out_ + (((i & ~(form_.piece_k - 1)) * rows_ + (i & (form_.piece_k - 1))) << form_.wide);
  }

  const ArrangedForm form_;
  const size_t rows_;
  uint8_t* const out_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
