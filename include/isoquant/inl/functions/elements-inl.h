// Functions: rows of floats of any type, a vector of f32 at a time.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_ELEMENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_ELEMENTS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_ELEMENTS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_ELEMENTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/float_types-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// T is float, BFloat16 or Float16; d may be any vector of f32. (LoadAsF32 and StoreFromF32 know one.)

// The first min(count, Lanes(d)) elements, then zeros.
template <class D, class T>
HWY_INLINE hn::Vec<D> LoadElements(D d, const T* from, size_t count) {
  if constexpr (std::is_same<T, float>::value) {
    return LoadFirst(d, from, count);
  } else {
    const hn::Rebind<uint16_t, D> d16;
    const auto bits = LoadFirst(d16, reinterpret_cast<const uint16_t*>(from), count);
    if constexpr (std::is_same<T, Float16>::value) return PromoteF16(d, bits);
    return PromoteBf16(d, bits);
  }
}

// What the stores below do to NaN: T's one NaN, or nothing.
template <class T>
constexpr bool kStoresOneNaN = !std::is_same<T, float>::value;

// Stores the first min(count, Lanes(d)) elements, rounded to T.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE void StoreElements(V v, D d, T* to, size_t count) {
  if constexpr (std::is_same<T, float>::value) {
    StoreFirst(v, d, to, count);
  } else {
    const hn::Rebind<uint16_t, D> d16;
    uint16_t* const bits = reinterpret_cast<uint16_t*>(to);
    if constexpr (std::is_same<T, Float16>::value) {
      StoreFirst(DemoteF16(d, v), d16, bits, count);
    } else {
      StoreFirst(DemoteBf16(d, v), d16, bits, count);
    }
  }
}

// Calls f(i, count) for the vectors of n elements: [i, i + count), where count is Lanes(d), but for the last vector.
template <class D, class Function>
HWY_INLINE void ForEachVector(D d, size_t n, const Function& f) {
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    f(i, lanes);
    f(i + lanes, lanes);
    f(i + 2 * lanes, lanes);
    f(i + 3 * lanes, lanes);
  }
  for (; i + lanes <= n; i += lanes) f(i, lanes);
  if (i < n) f(i, n - i);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
