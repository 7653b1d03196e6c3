// ISA layer: steps between floats and 8-bit integers: a product that no compiler may fuse into a following addition,
// division, ReLU, rounding, narrowing.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_ROUNDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#undef ISOQUANT_INL_ISA_ROUNDING_INL_H_
#else
#define ISOQUANT_INL_ISA_ROUNDING_INL_H_
#endif

#include <cstddef>
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

// a / b by IEEE's rules, also for b = 0. (Highway's Div gives 0 there on EMU128, the target without vectors of clang.)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Divide(D, V a, V b) {
#if HWY_TARGET == HWY_EMU128
  for (size_t i = 0; i < HWY_MAX_LANES_D(D); ++i) a.raw[i] /= b.raw[i];
  return a;
#else
  return hn::Div(a, b);
#endif
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

// v < limit ? limit : v. So NaN stays NaN. The limit is neither NaN nor zero.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtLeast(D d, V v, float limit) {
  const V bound = hn::Set(d, limit);
#if ISOQUANT_SSE_OR_AVX
  return hn::Max(bound, v);  // as in Relu; the same instructions of Arm may drop a NaN
#else
  return hn::IfThenElse(hn::Lt(v, bound), bound, v);
#endif
}

// v > limit ? limit : v. The same holds.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtMost(D d, V v, float limit) {
  const V bound = hn::Set(d, limit);
#if ISOQUANT_SSE_OR_AVX
  return hn::Min(bound, v);
#else
  return hn::IfThenElse(hn::Gt(v, bound), bound, v);
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

// The elements of a, then those of b, c and d, plus a small integer if kAdds, saturated to the 8-bit integers of DQ. It
// is six instructions instead of sixteen, but only on x86, where vectors are packed by blocks of 128 bits.
#if ISOQUANT_SSE_OR_AVX
constexpr bool kDemotesFour = true;
template <bool kAdds, class DQ, class VI>
HWY_INLINE hn::Vec<DQ> DemoteFour(DQ dq, VI a, VI b, VI c, VI d, int32_t added) {
  const hn::Repartition<int16_t, DQ> di16;
  const hn::Repartition<int32_t, DQ> di32;
  auto ab = hn::ReorderDemote2To(di16, a, b), cd = hn::ReorderDemote2To(di16, c, d);
  if constexpr (kAdds) {
    const auto added16 = hn::Set(di16, static_cast<int16_t>(added));
    ab = hn::SaturatedAdd(ab, added16);
    cd = hn::SaturatedAdd(cd, added16);
  }
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
// f32 to the bits of bf16, of a whole register without NaN: to nearest, ties to even. One instruction takes the upper
// halves of all elements.
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, D>> DemoteNumbersToBf16(D, V v) {
  const hn::RebindToUnsigned<D> du32;
  const hn::Repartition<uint16_t, D> du16;
  const auto bits = hn::BitCast(du32, v);
  const auto is_odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du32, 1u));
  const auto rounded = hn::BitCast(du16, hn::Add(bits, hn::Add(is_odd, hn::Set(du32, 0x7fffu))));
  return hn::LowerHalf(hn::ConcatOdd(du16, rounded, rounded));
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
template <bool kAdds, class DQ, class VI>
hn::Vec<DQ> DemoteFour(DQ dq, VI a, VI b, VI c, VI d, int32_t added);
template <class D, class V = hn::Vec<D>>
hn::Vec<hn::Rebind<uint16_t, D>> DemoteNumbersToBf16(D d, V v);
template <class DQ, class V = hn::Vec<DQ>>
void StoreWidened(DQ dq, V v, int16_t* to);
#endif

#undef ISOQUANT_SSE_OR_AVX

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
