// ISA layer: from f32 to bf16 and f16, and between them, without a thought for NaN: on AVX-512, where only two of the
// four units shuffle, shift, compare and convert, and one test for many elements leaves them less to do.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_NUMBER_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_NUMBER_BLOCKS_INL_H_
#undef ISOQUANT_INL_ISA_NUMBER_BLOCKS_INL_H_
#else
#define ISOQUANT_INL_ISA_NUMBER_BLOCKS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/isa/float_types-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
constexpr bool kHasNumberBlocks = true;

// Stores the bf16 or the f16 of a, then those of b.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void StoreTwoNumbersBf16(D, V a, V b, uint16_t* HWY_RESTRICT to) {
  const hn::Repartition<uint16_t, D> d16;
  const auto a16 = hn::BitCast(d16, a), b16 = hn::BitCast(d16, b), one = hn::Set(d16, uint16_t{1});
  const auto upper = hn::ConcatOdd(d16, b16, a16), lower = hn::ConcatEven(d16, b16, a16);
  // A carry comes out of the lower half if that is above 8000, or if it is 8000 and the upper half is odd.
  const auto carries = hn::Gt(lower, hn::Sub(hn::Set(d16, uint16_t{0x8000}), hn::And(upper, one)));
  hn::StoreU(hn::MaskedAddOr(upper, carries, upper, one), d16, to);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, D>> DemoteNumbersToF16(D, V x) {
  return hn::BitCast(hn::Rebind<uint16_t, D>(), hn::DemoteTo(hn::Rebind<hwy::float16_t, D>(), x));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE void StoreTwoNumbersF16(D d, V a, V b, uint16_t* HWY_RESTRICT to) {
  const hn::Repartition<uint16_t, D> d16;
  hn::StoreU(hn::Combine(d16, DemoteNumbersToF16(d, b), DemoteNumbersToF16(d, a)), d16, to);
}

// Whether, signs apart, an element of two vectors has bits of `limit` or more.
template <class D16, class V = hn::Vec<D16>>
HWY_INLINE bool AnyReaches(D16 d16, V v0, V v1, uint32_t limit) {
  const V largest = hn::Max(hn::Add(v0, v0), hn::Add(v1, v1));
  return !hn::AllFalse(d16, hn::Ge(largest, hn::Set(d16, static_cast<uint16_t>(2 * limit))));
}

// A vector of bf16 to f16. Zeros below the elements make f32 of them, in blocks of 128 bits: v's first and third four
// lie in one vector, the second and fourth in the other, and so on.
template <class D, class D16, class V = hn::Vec<D16>>
HWY_INLINE V Bf16ToF16(D d, D16 d16, V v) {
  const hn::Repartition<uint64_t, D> d64;
  alignas(64) static constexpr uint64_t kFours[8] = {0, 8, 1, 9, 2, 10, 3, 11};
  const V zero = hn::Zero(d16);
  const auto even = DemoteNumbersToF16(d, hn::BitCast(d, hn::InterleaveLower(d16, zero, v)));
  const auto odd = DemoteNumbersToF16(d, hn::BitCast(d, hn::InterleaveUpper(d16, zero, v)));
  return hn::BitCast(d16, hn::TwoTablesLookupLanes(d64, hn::ResizeBitCast(d64, even), hn::ResizeBitCast(d64, odd),
                                                   hn::SetTableIndices(d64, kFours)));
}

// The 8 bits of a significand that bf16 has, of an f32 x that was an f16: 65537 * x has its last place where bf16 has
// it, and is rounded there to nearest, ties to even, because 65536 * x ends with 13 zeros. The rest is exact. Zeros are
// +0 or -0, infinities and NaN become NaN. (T. J. Dekker's splitting, A floating-point technique for extending the
// available precision, 1971, less a step that the 11 bits of f16 do not need. The test has all of them.)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V RoundF16ToBf16(D d, V x) {
  const V scaled = RoundedMul(d, x, hn::Set(d, 65537.0f));
  return FusedMulAdd(d, x, hn::Set(d, -65536.0f), scaled);
}

// The bf16 of a, then those of b.
template <class D16, class V, class V16 = hn::Vec<D16>>
HWY_INLINE V16 ConvertTwoToBf16(D16 d16, V a, V b) {
  V16 result = hn::Zero(d16);
#if !HWY_COMPILER_MSVC
  __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(result.raw) : "v"(a.raw), "v"(b.raw));
#else
  (void)a;
  (void)b;
#endif
  return result;
}

// Whether the instruction does so: some releases of Bochs read the second half wrong.
template <class D>
HWY_NOINLINE bool ConvertsTwo(D d) {
  const hn::Repartition<uint16_t, D> d16;
  alignas(64) uint16_t bits[hn::MaxLanes(d16)];
  const size_t lanes = hn::Lanes(d);
  hn::Store(ConvertTwoToBf16(d16, hn::Iota(d, 1.0f), hn::Iota(d, 1.0f + static_cast<float>(lanes))), d16, bits);
  bool right = true;
  for (size_t i = 0; i < 2 * lanes; ++i) {
    const float number = static_cast<float>(i + 1);
    uint32_t number_bits;
    std::memcpy(&number_bits, &number, sizeof(number));
    right = right && bits[i] == number_bits >> 16;
  }
  return right;
}

// Whether VCVTNE2PS2BF16 may round f16 to bf16. (It takes subnormal numbers for zeros, but no f16 is a subnormal f32.
// Of NaN it keeps sign and mantissa. MXCSR does not matter.)
template <class D>
HWY_INLINE bool HasBf16Conversions(D d) {
#if HWY_COMPILER_MSVC
  (void)d;
  return false;
#else
  if ((DetectCpu().leaf7_1_eax >> 5 & 1) == 0) return false;
  static const bool converts = ConvertsTwo(d);
  return converts;
#endif
}

// 64 elements. False, and nothing is written, if an element is NaN or, of f16, perhaps if one is infinite. `to` may be
// `from`.
template <class D>
HWY_INLINE bool ConvertBlockBf16ToF16(D d, const uint16_t* from, uint16_t* to) {
  const hn::Repartition<uint16_t, D> d16;
  const size_t lanes = hn::Lanes(d16);
  const auto v0 = hn::LoadU(d16, from), v1 = hn::LoadU(d16, from + lanes);
  if (HWY_UNLIKELY(AnyReaches(d16, v0, v1, 0x7f81))) return false;
  hn::StoreU(Bf16ToF16(d, d16, v0), d16, to);
  hn::StoreU(Bf16ToF16(d, d16, v1), d16, to + lanes);
  return true;
}
// kInstruction: HasBf16Conversions. (Zen 5, out of L2: 88 to 95 % of the bandwidth instead of 68.)
template <bool kInstruction, class D>
HWY_INLINE bool ConvertBlockF16ToBf16(D d, const uint16_t* from, uint16_t* to) {
  using V = hn::Vec<D>;
  const hn::Repartition<uint16_t, D> d16;
  const hn::Rebind<uint16_t, D> half;
  const size_t lanes = hn::Lanes(d);
  const auto load = [&](size_t i) HWY_ATTR {
    const V x = PromoteF16(d, hn::LoadU(half, from + i * lanes));
    return kInstruction ? x : RoundF16ToBf16(d, x);
  };
  const V a = load(0), b = load(1), c = load(2), e = load(3);
  if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Or(hn::IsEitherNaN(a, b), hn::IsEitherNaN(c, e))))) return false;
  if constexpr (kInstruction) {
    hn::StoreU(ConvertTwoToBf16(d16, a, b), d16, to);
    hn::StoreU(ConvertTwoToBf16(d16, c, e), d16, to + 2 * lanes);
  } else {
    const auto signs = hn::Set(d16, uint16_t{0x8000});
    const auto v0 = hn::LoadU(d16, from), v1 = hn::LoadU(d16, from + 2 * lanes);
    const auto ab = hn::ConcatOdd(d16, hn::BitCast(d16, b), hn::BitCast(d16, a));
    const auto ce = hn::ConcatOdd(d16, hn::BitCast(d16, e), hn::BitCast(d16, c));
    hn::StoreU(hn::OrAnd(ab, v0, signs), d16, to);
    hn::StoreU(hn::OrAnd(ce, v1, signs), d16, to + 2 * lanes);
  }
  return true;
}
#else
constexpr bool kHasNumberBlocks = false;
template <class D, class V = hn::Vec<D>>
void StoreTwoNumbersBf16(D d, V a, V b, uint16_t* to);
template <class D, class V = hn::Vec<D>>
void StoreTwoNumbersF16(D d, V a, V b, uint16_t* to);
template <class D>
bool ConvertBlockBf16ToF16(D d, const uint16_t* from, uint16_t* to);
template <bool kInstruction, class D>
bool ConvertBlockF16ToBf16(D d, const uint16_t* from, uint16_t* to);
template <class D>
bool HasBf16Conversions(D) {
  return false;
}
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
