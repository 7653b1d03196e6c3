// ISA layer: bf16 and f16, as bits, to f32 and back, with the same bits on every target.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FLOAT_TYPES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FLOAT_TYPES_INL_H_
#undef ISOQUANT_INL_ISA_FLOAT_TYPES_INL_H_
#else
#define ISOQUANT_INL_ISA_FLOAT_TYPES_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Instructions convert f16 to f32 and back with subnormal numbers, to nearest even: all of AVX2 (F16C) and AVX-512, and
// all of 64-bit Arm. Only their NaN are as the operand's. No instruction serves for bf16: VCVTNEPS2BF16 takes subnormal
// numbers for zeros.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128 && \
    ((HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 && !defined(HWY_DISABLE_F16C)) || HWY_ARCH_ARM_A64)
constexpr bool kHasF16Conversions = true;
#else
constexpr bool kHasF16Conversions = false;
#endif

// bf16, as bits, to f32: the upper half of it. A NaN is a NaN of any bits.
template <class D, class V16 = hn::Vec<hn::Rebind<uint16_t, D>>>
HWY_INLINE hn::Vec<D> PromoteBf16(D d, V16 bits) {
  const hn::RebindToUnsigned<D> du32;
  auto wide = hn::ShiftLeft<16>(hn::PromoteTo(du32, bits));
  // g++ 12 for AArch64 makes vectors of this and of the maxima around it, and gets the largest numbers wrong.
#if HWY_TARGET == HWY_SCALAR && !HWY_COMPILER_MSVC
  __asm__("" : "+r"(wide.raw));
#elif HWY_TARGET == HWY_EMU128 && !HWY_COMPILER_MSVC
  __asm__("" : "+m"(wide.raw));
#endif
  return hn::BitCast(d, wide);
}

// f16, as bits, to f32. A NaN is a NaN of any bits. (Highway's PromoteTo makes numbers of some NaN on SSE4.)
template <class D, class V16 = hn::Vec<hn::Rebind<uint16_t, D>>>
HWY_INLINE hn::Vec<D> PromoteF16(D d, V16 bits) {
  if constexpr (kHasF16Conversions) return hn::PromoteTo(d, hn::BitCast(hn::Rebind<hwy::float16_t, D>(), bits));
  const hn::RebindToSigned<D> di32;
  const auto wide = hn::BitCast(di32, hn::PromoteTo(hn::RebindToUnsigned<D>(), bits));
  const auto magnitude = hn::And(wide, hn::Set(di32, 0x7fff)), sign = hn::ShiftLeft<31>(hn::ShiftRight<15>(wide));
  // With exponent and mantissa in their places for f32, only the bias is wrong: 2^112, of subnormal numbers too.
  const auto number = hn::Mul(hn::BitCast(d, hn::ShiftLeft<13>(magnitude)), hn::Set(d, 0x1p112f));
  // Infinities and NaN.
  const auto is_finite = hn::Lt(magnitude, hn::Set(di32, 0x7c00));
  const auto exponent = hn::IfThenZeroElse(is_finite, hn::Set(di32, 0x7f800000));
  return hn::BitCast(d, hn::Or(hn::Or(hn::BitCast(di32, number), exponent), sign));
}

// f32 to bf16, in the upper halves of the result: to nearest, ties to even; subnormal numbers are kept; NaN is 7fc0.
// The carry of the rounding may reach the exponent, and make infinity of the largest numbers. The lower halves are of
// no use.
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> RoundToBf16(D d, V x) {
  const hn::RebindToUnsigned<D> du32;
  const auto bits = hn::BitCast(du32, x);
  const auto below_half = hn::Set(du32, 0x7fffu);
  (void)d;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  // Masks cost one instruction less.
  const auto is_odd = hn::TestBit(bits, hn::Set(du32, 0x10000u));
  const auto rounded = hn::Add(bits, hn::IfThenElse(is_odd, hn::Set(du32, 0x8000u), below_half));
#else
  const auto is_odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du32, 1u));
  const auto rounded = hn::Add(bits, hn::Add(is_odd, below_half));
#endif
  const auto is_number = hn::RebindMask(du32, hn::Eq(x, x));
  return hn::IfThenElse(is_number, rounded, hn::Set(du32, 0x7fc00000u));
}

// f32 to bf16, as bits.
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, D>> DemoteBf16(D d, V x) {
  return hn::TruncateTo(hn::Rebind<uint16_t, D>(), hn::ShiftRight<16>(RoundToBf16(d, x)));
}

// Stores the bf16 of a, then those of b: cheaper than one by one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void StoreTwoBf16(D d, V a, V b, uint16_t* HWY_RESTRICT to) {
#if HWY_TARGET == HWY_SCALAR
  const hn::Rebind<uint16_t, D> d16;
  hn::StoreU(DemoteBf16(d, a), d16, to);
  hn::StoreU(DemoteBf16(d, b), d16, to + 1);
#else
  const hn::Repartition<uint16_t, D> d16;
  hn::StoreU(hn::ConcatOdd(d16, hn::BitCast(d16, RoundToBf16(d, b)), hn::BitCast(d16, RoundToBf16(d, a))), d16, to);
#endif
}

// f32 to f16, as bits, by operations on integers and one sum: for targets without the instruction. (All compile it, for
// tests.)
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, D>> EmulatedDemoteF16(D d, V x) {
  const hn::RebindToSigned<D> di32;
  const auto bits = hn::BitCast(di32, x);
  const auto magnitude = hn::And(bits, hn::Set(di32, 0x7fffffff));
  const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di32, 0x8000));
  // Normal numbers: the other bias, and half of the last place, less one unit if the last bit is even. The carry may
  // reach the exponent, up to that of infinity.
  const auto is_odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(di32, 1));
  const auto rebiased = hn::Add(magnitude, hn::Add(is_odd, hn::Set(di32, 0xfff - (112 << 23))));
  const auto normal = hn::ShiftRight<13>(rebiased);
  // Below 2^-14 the last place is 2^-24, which is that of an f32 in [0.5, 1): a sum rounds to it.
  const V half = hn::Set(d, 0.5f);
  const auto subnormal = hn::Sub(hn::BitCast(di32, hn::Add(hn::BitCast(d, magnitude), half)), hn::BitCast(di32, half));
  const auto is_subnormal = hn::Lt(magnitude, hn::Set(di32, (127 - 14) << 23));
  const auto is_large = hn::Gt(magnitude, hn::Set(di32, ((127 + 16) << 23) - 1));  // from 2^16 on, and NaN
  const auto is_nan = hn::Gt(magnitude, hn::Set(di32, 0x7f800000));
  auto result = hn::IfThenElse(is_subnormal, subnormal, normal);
  result = hn::IfThenElse(is_large, hn::Set(di32, 0x7c00), result);
  result = hn::IfThenElse(is_nan, hn::Set(di32, 0x7e00), hn::Or(result, sign));
  return hn::TruncateTo(hn::Rebind<uint16_t, D>(), hn::BitCast(hn::RebindToUnsigned<D>(), result));
}

// f32 to f16, as bits: to nearest, ties to even; subnormal numbers are kept; from 65520 on infinity; NaN is 7e00.
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, D>> DemoteF16(D d, V x) {
  if constexpr (!kHasF16Conversions) return EmulatedDemoteF16(d, x);
  // The instruction keeps the sign of a NaN and the upper bits of its mantissa.
  const auto one_nan = OneNaN(d, x);
  return hn::BitCast(hn::Rebind<uint16_t, D>(), hn::DemoteTo(hn::Rebind<hwy::float16_t, D>(), one_nan));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
