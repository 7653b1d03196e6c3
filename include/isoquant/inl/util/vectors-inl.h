// Utilities: loads and stores of the first elements of a vector, where memory ends after them; whether some element of
// an array is too large; the one NaN.

// Per-target include guard.
#if defined(ISOQUANT_INL_UTIL_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_UTIL_VECTORS_INL_H_
#undef ISOQUANT_INL_UTIL_VECTORS_INL_H_
#else
#define ISOQUANT_INL_UTIL_VECTORS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The first min(n, Lanes(d)) elements at `from`, then zeros. Full vectors do not pay for a mask.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* from, size_t n) {
  return n >= hn::Lanes(d) ? hn::LoadU(d, from) : hn::LoadN(d, from, n);
}

#if HWY_TARGET == HWY_AVX2
// The first n of eight lanes, n < 8, by stores of four, two and one. AMD's cores take dozens of micro-operations for a
// store with a mask (Zen 3: MatMul 16384/64/2 is 1.4 times as fast so, 1000/128/10 1.15 times).
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFewOfEight(hn::Vec<D> v, D, T* to, size_t n) {
  const hn::Half<D> d4;
  const hn::Half<decltype(d4)> d2;
  auto four = hn::LowerHalf(d4, v);
  if ((n & 4) != 0) {
    hn::StoreU(four, d4, to);
    four = hn::UpperHalf(d4, v);
    to += 4;
  }
  auto two = hn::LowerHalf(d2, four);
  if ((n & 2) != 0) {
    hn::StoreU(two, d2, to);
    two = hn::UpperHalf(d2, four);
    to += 2;
  }
  if ((n & 1) != 0) *to = hn::GetLane(two);
}
#endif

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* to, size_t n) {
  if (n >= hn::Lanes(d)) {
    hn::StoreU(v, d, to);
#if HWY_TARGET == HWY_AVX2
  } else if constexpr (sizeof(T) == 4 && HWY_MAX_LANES_D(D) == 8) {
    StoreFewOfEight(v, d, to, n);
#endif
  } else {
    hn::StoreN(v, d, to, n);
  }
}

// What belongs to columns from `col` on. If `one`, a single element is for all columns; otherwise there is one for
// each.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadColumns(D d, const T* from, bool one, size_t col, size_t n) {
  return one ? hn::Set(d, *from) : LoadFirst(d, from + col, n);
}

// v, with one NaN for all targets: 7fc00000.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V OneNaN(D d, V v) {
  return hn::IfThenElse(hn::Eq(v, v), v, hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), uint32_t{0x7fc00000})));
}

// Whether some |x| exceeds `limit` or is NaN. It compares integers, because the caller may have unmasked the exceptions
// of floats.
HWY_INLINE bool AnyExceeds(const VectorView<const float>& x, float limit) {
  const hn::CappedTag<float, 16> df32;
  const hn::RebindToSigned<decltype(df32)> di32;
  if (x.size == 0) return false;
  auto largest = hn::Zero(di32);
  for (size_t i = 0; i < x.size; i += hn::Lanes(df32)) {
    largest = hn::Max(largest, hn::BitCast(di32, hn::Abs(LoadFirst(df32, x.data + i, x.size - i))));
  }
  return !hn::AllFalse(di32, hn::Gt(largest, hn::BitCast(di32, hn::Set(df32, limit))));
}

// The same, or is 0 or -0: less 1, the magnitude of zero is the largest integer.
HWY_INLINE bool AnyIsZeroOrExceeds(const VectorView<const float>& x, float limit) {
  const hn::CappedTag<float, 16> df32;
  const hn::RebindToUnsigned<decltype(df32)> du32;
  const size_t lanes = hn::Lanes(df32);
  auto largest = hn::Zero(du32);
  for (size_t i = 0; i < x.size; i += lanes) {
    const size_t left = x.size - i;
    const auto v =
        left >= lanes ? hn::LoadU(df32, x.data + i) : hn::LoadNOr(hn::Set(df32, 1.0f), df32, x.data + i, left);
    largest = hn::Max(largest, hn::Sub(hn::BitCast(du32, hn::Abs(v)), hn::Set(du32, uint32_t{1})));
  }
  return !hn::AllFalse(du32, hn::Ge(largest, hn::BitCast(du32, hn::Set(df32, limit))));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
