// Functions: stores of four vectors of f32 as elements of any type.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_STORE_FOUR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_STORE_FOUR_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_STORE_FOUR_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_STORE_FOUR_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/number_blocks-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Stores all elements of a, then those of b, which are no NaN: where kHasNumberBlocks.
template <class Y>
HWY_INLINE void StoreTwoNumbers(VF32 a, VF32 b, Y* HWY_RESTRICT to) {
  const DF32 d;
  if constexpr (std::is_same<Y, float>::value) {
    hn::StoreU(a, d, to);
    hn::StoreU(b, d, to + hn::Lanes(d));
  } else if constexpr (std::is_same<Y, Float16>::value) {
    StoreTwoNumbersF16(d, a, b, reinterpret_cast<uint16_t*>(to));
  } else {
    StoreTwoNumbersBf16(d, a, b, reinterpret_cast<uint16_t*>(to));
  }
}

// Stores all elements of two vectors as StoreTwoFromF32 does, and of four vectors as StoreFromF32 does. On AVX-512 NaN
// cost one test for all of them, because they are rare. (Zen 5: exp, SiLU and sigmoid 1.1 times as fast.)
template <class Y>
HWY_INLINE void StoreTwoRarelyNaN(VF32 a, VF32 b, Y* HWY_RESTRICT to) {
  if constexpr (kHasNumberBlocks) {
    if (HWY_LIKELY(hn::AllFalse(DF32(), hn::IsEitherNaN(a, b)))) return StoreTwoNumbers(a, b, to);
  }
  StoreTwoFromF32(a, b, to);
}
template <class Y>
HWY_INLINE void StoreFourFromF32(VF32 a, VF32 b, VF32 c, VF32 e, Y* HWY_RESTRICT to) {
  const DF32 d;
  const size_t lanes = hn::Lanes(d);
  if constexpr (kHasNumberBlocks) {
    if (HWY_LIKELY(hn::AllFalse(d, hn::Or(hn::IsEitherNaN(a, b), hn::IsEitherNaN(c, e))))) {
      StoreTwoNumbers(a, b, to);
      StoreTwoNumbers(c, e, to + 2 * lanes);
      return;
    }
  }
  StoreTwoFromF32(a, b, to);
  StoreTwoFromF32(c, e, to + 2 * lanes);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
