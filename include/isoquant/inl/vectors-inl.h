// Template layer: what several operations do with a vector: its first elements, to and from memory that ends there;
// rounding.

// Per-target include guard.
#if defined(ISOQUANT_INL_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_VECTORS_INL_H_
#undef ISOQUANT_INL_VECTORS_INL_H_
#else
#define ISOQUANT_INL_VECTORS_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The next min(n, Lanes(d)) elements, then zeros. Full vectors do not pay for a mask.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* from, size_t n) {
  return n >= hn::Lanes(d) ? hn::LoadU(d, from) : hn::LoadN(d, from, n);
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* to, size_t n) {
  if (n >= hn::Lanes(d)) {
    hn::StoreU(v, d, to);
  } else {
    hn::StoreN(v, d, to, n);
  }
}

// The first of one element for all columns, or elements from `col` on of one for each.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadColumns(D d, const T* from, bool one, size_t col, size_t n) {
  return one ? hn::Set(d, *from) : LoadFirst(d, from + col, n);
}

// To nearest, ties to even, for |v| < 2^22: the sum with 1.5 * 2^23 has no bits below one, and ends in the integer. One
// instruction less than a conversion, and Highway's has to mind values out of range.
template <class DI, class VF>
HWY_INLINE hn::Vec<DI> RoundSmall(DI di32, VF v) {
  const hn::RebindToFloat<DI> df32;
  const auto shifted = hn::Add(v, hn::Set(df32, 12582912.0f));
  return hn::Sub(hn::BitCast(di32, shifted), hn::Set(di32, 0x4b400000));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
