// ISA layer: products with powers of two, rounded once where the result is subnormal.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_SCALE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_SCALE_INL_H_
#undef ISOQUANT_INL_ISA_SCALE_INL_H_
#else
#define ISOQUANT_INL_ISA_SCALE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#define ISOQUANT_HAS_SCALEF 1
#else
#define ISOQUANT_HAS_SCALEF 0
#endif

// 1.5 * 2^23: a float near it is an integer, whose lowest bits are those of the float. So a sum with it rounds to an
// integer, to nearest, ties to even.
constexpr float kToInteger = 0x1.8p23f;

// 2^k, where shifted = kToInteger + 127 + k, for k from -126 to 127.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V PowerOfTwo(D d, V shifted) {
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(hn::RebindToSigned<D>(), shifted)));
}

// v * 2^n, rounded once, for |v| in [0.5, 2] and n from -190 to 190, where shifted = kToInteger + 254 + n. NaN stays
// NaN.
constexpr float kScaleBias = kToInteger + 254.0f;
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ScaleByPower(D d, V v, V n, V shifted) {
#if ISOQUANT_HAS_SCALEF
  (void)d;
  (void)shifted;
  if constexpr (hn::MaxLanes(D()) == 16) return V{_mm512_scalef_ps(v.raw, n.raw)};
#endif
  // In two steps, of which the first is exact. Both halves of n + 254 are the exponents, with bias, of a power.
  const hn::RebindToSigned<D> di32;
  (void)n;
  const auto both = hn::BitCast(di32, shifted);
  const auto one = hn::ShiftRight<1>(both), other = hn::Sub(both, one);
  const V exact = hn::Mul(v, hn::BitCast(d, hn::ShiftLeft<23>(one)));
  return hn::Mul(exact, hn::BitCast(d, hn::ShiftLeft<23>(other)));
}

// The same as a product with PowerOfTwo(d, shifted), and as one with 0.5: on AVX-512 the units of sums do it, where
// those of products are busy.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V TimesPowerOfTwo(D d, V v, V shifted) {
#if ISOQUANT_HAS_SCALEF
  if constexpr (hn::MaxLanes(D()) == 16) {
    return V{_mm512_scalef_ps(v.raw, hn::Sub(shifted, hn::Set(d, kToInteger + 127.0f)).raw)};
  }
#endif
  return hn::Mul(v, PowerOfTwo(d, shifted));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Halve(D d, V v) {
#if ISOQUANT_HAS_SCALEF
  if constexpr (hn::MaxLanes(D()) == 16) return V{_mm512_scalef_ps(v.raw, hn::Set(d, -1.0f).raw)};
#endif
  return hn::Mul(v, hn::Set(d, 0.5f));
}

#undef ISOQUANT_HAS_SCALEF

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
