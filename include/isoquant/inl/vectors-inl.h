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
#include <cstdint>

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

// v, to nearest, ties to even, plus an integer, for |v| < 2^22: the sum with 1.5 * 2^23 has no bits below one, and ends
// in the integer. Two instructions less than a conversion: Highway's has to mind values out of range.
constexpr int32_t kRoundingBits = 0x4b400000;  // of 1.5 * 2^23
template <class DI, class VF, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundSmallAndAdd(DI di32, VF v, VI added_less_rounding_bits) {
  const auto shifted = hn::Add(v, hn::Set(hn::RebindToFloat<DI>(), 12582912.0f));
  return hn::Add(hn::BitCast(di32, shifted), added_less_rounding_bits);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
