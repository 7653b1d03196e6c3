// Functions: elements of float rows, of any type, to vectors of f32 and back.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_FLOAT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_FLOAT_ROWS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_FLOAT_ROWS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_FLOAT_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/isa/float_types-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using DF32 = hn::CappedTag<float, 16>;
using DI32 = hn::RebindToSigned<DF32>;
using VF32 = hn::Vec<DF32>;
using VI32 = hn::Vec<DI32>;

// X and Y are float, BFloat16 or Float16.

// The first min(n, lanes) elements at `from`, then zeros, as f32: bf16 and f16 are exact in f32. A NaN stays one, of
// any bits.
template <class X>
HWY_INLINE VF32 LoadAsF32(const X* HWY_RESTRICT from, size_t n) {
  const DF32 d;
  if constexpr (std::is_same<X, float>::value) {
    return LoadFirst(d, from, n);
  } else {
    const auto bits = LoadFirst(hn::Rebind<uint16_t, DF32>(), reinterpret_cast<const uint16_t*>(from), n);
    if constexpr (std::is_same<X, Float16>::value) return PromoteF16(d, bits);
    return PromoteBf16(d, bits);
  }
}
template <class X>
HWY_INLINE VF32 LoadAsF32(const X* HWY_RESTRICT from) {
  return LoadAsF32(from, hn::Lanes(DF32()));
}

// Stores the first min(n, lanes) elements of v, each rounded once. A NaN is stored as Y's one NaN.
template <class Y>
HWY_INLINE void StoreFromF32(VF32 v, Y* HWY_RESTRICT to, size_t n) {
  const DF32 d;
  if constexpr (std::is_same<Y, float>::value) {
    StoreFirst(OneNaN(d, v), d, to, n);
  } else if constexpr (std::is_same<Y, Float16>::value) {
    StoreFirst(DemoteF16(d, v), hn::Rebind<uint16_t, DF32>(), reinterpret_cast<uint16_t*>(to), n);
  } else {
    StoreFirst(DemoteBf16(d, v), hn::Rebind<uint16_t, DF32>(), reinterpret_cast<uint16_t*>(to), n);
  }
}
template <class Y>
HWY_INLINE void StoreFromF32(VF32 v, Y* HWY_RESTRICT to) {
  StoreFromF32(v, to, hn::Lanes(DF32()));
}

// Stores all elements of a, then those of b, in the same way.
template <class Y>
HWY_INLINE void StoreTwoFromF32(VF32 a, VF32 b, Y* HWY_RESTRICT to) {
  if constexpr (std::is_same<Y, BFloat16>::value) {
    StoreTwoBf16(DF32(), a, b, reinterpret_cast<uint16_t*>(to));
  } else {
    StoreFromF32(a, to);
    StoreFromF32(b, to + hn::Lanes(DF32()));
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
