// ISA layer: steps between floats and 8-bit integers: a product that no compiler may fuse into a following addition,
// ReLU, rounding, narrowing.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_ROUNDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#undef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#else
#define ISOQUANT_INL_ISA_ROUNDING_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// a * b, rounded to f32, never fused into a sum that follows. g++ fuses intrinsics by default (-ffp-contract=fast), and
// other compilers do if told to. A flag of ours would be lost on those who include the templates; an empty asm between
// product and sum holds everywhere.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V RoundedMul(D, V a, V b) {
  V product = hn::Mul(a, b);
#if HWY_COMPILER_MSVC && !HWY_COMPILER_CLANG
  // /fp:precise does not contract intrinsics.
#elif HWY_TARGET == HWY_EMU128
  __asm__("" : "+m"(product.raw));
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  __asm__("" : "+v"(product.raw));
#elif HWY_ARCH_X86
  __asm__("" : "+x"(product.raw));
#elif HWY_ARCH_ARM_A64 && (HWY_TARGET & HWY_ALL_SVE)
  __asm__("" : "+w"(product));
#elif HWY_ARCH_ARM_A64
  __asm__("" : "+w"(product.raw));
#elif HWY_ARCH_RISCV
  __asm__("" : "+vr"(product));
#else
  __asm__("" : "+m"(product));
#endif
  return product;
}

#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#define ISOQUANT_SSE_OR_AVX 1
#else
#define ISOQUANT_SSE_OR_AVX 0
#endif

// v < 0 ? 0 : v. So -0 and NaN stay as they are.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Relu(D d, V v) {
#if ISOQUANT_SSE_OR_AVX
  return hn::Max(hn::Zero(d), v);  // one instruction: MAXPS gives its second operand if one is NaN or both are zeros
#else
  return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);
#endif
}

// Rounds v < 2^31 to nearest, ties to even. Beyond 2^21 in magnitude the result only needs the right sign and a
// magnitude of 2^21 or more: callers clamp or saturate it next.
//   * On x86 it is one instruction. (Highway's NearestInt takes more, for values from 2^31 on.)
//   * Without vectors, adding 1.5 * 2^23 leaves no bits below one, and the integer in the lowest bits. The limits
//     before it also keep compilers from fusing the sum with a product that v may be.
template <class DI, class VF, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundInRange(DI di, VF v) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  const hn::RebindToFloat<DI> d;
  const VF limited = hn::Min(hn::Max(v, hn::Set(d, -0x1p21f)), hn::Set(d, 0x1p21f));
  return hn::Sub(hn::BitCast(di, hn::Add(limited, hn::Set(d, 12582912.0f))), hn::Set(di, int32_t{0x4b400000}));
#elif ISOQUANT_SSE_OR_AVX && HWY_TARGET <= HWY_AVX3
  (void)di;
  return VI{_mm512_cvtps_epi32(v.raw)};
#elif HWY_TARGET == HWY_AVX2
  (void)di;
  return VI{_mm256_cvtps_epi32(v.raw)};
#elif ISOQUANT_SSE_OR_AVX
  (void)di;
  return VI{_mm_cvtps_epi32(v.raw)};
#else
  (void)di;
  return hn::NearestInt(v);
#endif
}

// The elements of a, then those of b, c and d, plus a small integer, saturated to the 8-bit integers of DQ. It is six
// instructions instead of sixteen, but only on x86, where vectors are packed by blocks of 128 bits.
#if ISOQUANT_SSE_OR_AVX
constexpr bool kDemotesFour = true;
template <class DQ, class VI>
HWY_INLINE hn::Vec<DQ> DemoteFour(DQ dq, VI a, VI b, VI c, VI d, int32_t added) {
  const hn::Repartition<int16_t, DQ> di16;
  const hn::Repartition<int32_t, DQ> di32;
  const auto added16 = hn::Set(di16, static_cast<int16_t>(added));
  const auto ab = hn::SaturatedAdd(hn::ReorderDemote2To(di16, a, b), added16);
  const auto cd = hn::SaturatedAdd(hn::ReorderDemote2To(di16, c, d), added16);
  // Each block of 128 bits has four elements of a, then of b, c, d.
  const auto blocks = hn::ReorderDemote2To(dq, ab, cd);
  constexpr int32_t kBlocks = hn::MaxLanes(DQ()) / 16;
  if constexpr (kBlocks == 1) {
    return blocks;
  } else {
    alignas(64) int32_t from[4 * kBlocks];
    for (int32_t i = 0; i < 4 * kBlocks; ++i) from[i] = i % kBlocks * 4 + i / kBlocks;
    return hn::BitCast(dq, hn::TableLookupLanes(hn::BitCast(di32, blocks), hn::SetTableIndices(di32, from)));
  }
}
// The bytes of a whole register, as int16_t.
template <class DQ, class V = hn::Vec<DQ>>
HWY_INLINE void StoreWidened(DQ, V v, int16_t* HWY_RESTRICT to) {
  const hn::Repartition<int16_t, DQ> d16;
  hn::StoreU(hn::PromoteLowerTo(d16, v), d16, to);
  hn::StoreU(hn::PromoteUpperTo(d16, v), d16, to + hn::Lanes(d16));
}
#else
constexpr bool kDemotesFour = false;
template <class DQ, class VI>
hn::Vec<DQ> DemoteFour(DQ dq, VI a, VI b, VI c, VI d, int32_t added);
template <class DQ, class V = hn::Vec<DQ>>
void StoreWidened(DQ dq, V v, int16_t* to);
#endif

// bf16, as bits, to f32: the upper half of it.
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

// f16, as bits, to f32. (Highway's PromoteTo makes numbers of some NaN on SSE4.) With exponent and mantissa in their
// places for f32, only the bias is wrong: 2^112, of subnormal numbers too.
template <class D, class V16 = hn::Vec<hn::Rebind<uint16_t, D>>>
HWY_INLINE hn::Vec<D> PromoteF16(D d, V16 bits) {
#if ISOQUANT_SSE_OR_AVX && HWY_TARGET <= HWY_AVX3
  if constexpr (hn::MaxLanes(D()) == 16) return hn::Vec<D>{_mm512_cvtph_ps(bits.raw)};
#elif ISOQUANT_SSE_OR_AVX && HWY_TARGET == HWY_AVX2
  if constexpr (hn::MaxLanes(D()) == 8) return hn::Vec<D>{_mm256_cvtph_ps(bits.raw)};
#endif
  const hn::RebindToSigned<D> di32;
  const auto wide = hn::BitCast(di32, hn::PromoteTo(hn::RebindToUnsigned<D>(), bits));
  const auto magnitude = hn::And(wide, hn::Set(di32, 0x7fff)), sign = hn::ShiftLeft<31>(hn::ShiftRight<15>(wide));
  const auto number = hn::Mul(hn::BitCast(d, hn::ShiftLeft<13>(magnitude)), hn::Set(d, 0x1p112f));
  // Infinities and NaN.
  const auto is_finite = hn::Lt(magnitude, hn::Set(di32, 0x7c00));
  const auto exponent = hn::IfThenZeroElse(is_finite, hn::Set(di32, 0x7f800000));
  return hn::BitCast(d, hn::Or(hn::Or(hn::BitCast(di32, number), exponent), sign));
}

// f32 to the bits of bf16: to nearest, ties to even. NaN becomes 7fc0.
template <class D, class V = hn::Vec<D>, class D16 = hn::Rebind<uint16_t, D>>
HWY_INLINE hn::Vec<D16> DemoteBf16(D d, V v) {
  const hn::RebindToUnsigned<D> du32;
  const auto bits = hn::BitCast(du32, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du32, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du32, 0x7fffu))));
  const auto is_number = hn::RebindMask(du32, hn::Eq(v, v));
  (void)d;
  return hn::DemoteTo(D16(),
                      hn::BitCast(hn::RebindToSigned<D>(), hn::IfThenElse(is_number, rounded, hn::Set(du32, 0x7fc0u))));
}

// f32 to the bits of f16: to nearest, ties to even. NaN becomes 7e00.
//   * Normal numbers are rounded by integers; what is 65520 or more becomes infinity.
//   * Of smaller ones, below 2^-14, adding 0.5 leaves multiples of 2^-24, the smallest f16, in the lowest bits.
template <class D, class V = hn::Vec<D>, class D16 = hn::Rebind<uint16_t, D>>
HWY_INLINE hn::Vec<D16> DemoteF16(D d, V v) {
#if ISOQUANT_SSE_OR_AVX && HWY_TARGET <= HWY_AVX2
  // One instruction, but for the NaN.
  v = hn::IfThenElse(hn::Eq(v, v), v, hn::BitCast(d, hn::Set(hn::RebindToSigned<D>(), 0x7fc00000)));
  constexpr int kToNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
#if HWY_TARGET <= HWY_AVX3
  if constexpr (hn::MaxLanes(D()) == 16) return hn::Vec<D16>{_mm512_cvtps_ph(v.raw, kToNearest)};
#else
  if constexpr (hn::MaxLanes(D()) == 8) return hn::Vec<D16>{_mm256_cvtps_ph(v.raw, kToNearest)};
#endif
#endif
  const hn::RebindToSigned<D> di32;
  const auto bits = hn::BitCast(di32, v);
  const auto magnitude = hn::And(bits, hn::Set(di32, 0x7fffffff));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(di32, 1));
  const auto normal =
      hn::Sub(hn::ShiftRight<13>(hn::Add(magnitude, hn::Add(odd, hn::Set(di32, 0xfff)))), hn::Set(di32, 112 << 10));
  const auto half = hn::Set(d, 0.5f);
  const auto small = hn::Sub(hn::BitCast(di32, hn::Add(hn::BitCast(d, magnitude), half)), hn::BitCast(di32, half));
  auto result = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di32, 0x38800000)), small, normal);
  result = hn::Min(result, hn::Set(di32, 0x7c00));
  result = hn::Or(result, hn::And(hn::ShiftRight<16>(bits), hn::Set(di32, 0x8000)));
  result = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di32, 0x7f800000)), hn::Set(di32, 0x7e00), result);
  return hn::DemoteTo(D16(), result);
}

#undef ISOQUANT_SSE_OR_AVX

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
