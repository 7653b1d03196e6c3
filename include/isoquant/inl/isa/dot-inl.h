// ISA layer: dot products of two rows of bytes, exact modulo 2^32, by the instructions of the tiers: VPDPBUSD,
// VPDPBSSD, SDOT, SMULL and SADALP; and by 16-bit products (VPMADDWD) for every target with vectors.
//
// A policy has the name of its tier (CallWithBest of inl/matmul-inl.h chooses by it), and one step: each int32 lane of
// an accumulator += four, or two, products of bytes. Where the instruction takes no `a` of the type, bytes of a are
// flipped: a ^ 0x80 is a + 128 or a - 128, and the sum owes the products of b with what 0x80 is to the instruction.
// kInLanes: the four products of a lane are those of its own four bytes. SevenBitDotPolicies are for b of seven bits
// (PackedPanels::seven_bits).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_DOT_INL_H_
#undef ISOQUANT_INL_ISA_DOT_INL_H_
#else
#define ISOQUANT_INL_ISA_DOT_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/inl/isa/policies-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The walk of all policies with vectors. Loads behind the last byte are zeros of b, so that it does not matter what a
// is there.
template <class P>
struct DotLoop {
  using D32 = typename P::D32;
  using V32 = hn::Vec<D32>;

  template <class A>
  static HWY_INLINE void Step(const A* a, const int8_t* b, size_t n, V32& sum, V32& owed) {
    const hn::Rebind<A, typename P::D8> da;
    const typename P::D8 db;
    const auto vb = LoadFirst(db, b, n);
    auto va = LoadFirst(da, a, n);
    if constexpr (P::kFlips) {
      const hn::Rebind<uint8_t, typename P::D8> du8;
      const auto flip = hn::BitCast(da, hn::Set(du8, uint8_t{0x80}));
      va = hn::Xor(va, flip);
      P::Accumulate(owed, flip, vb);
    }
    P::Accumulate(sum, va, vb);
  }

  // Four accumulators hide the latency.
  template <class A>
  static HWY_NOINLINE int32_t Run(const A* a, const int8_t* b, size_t n) {
    const D32 d;
    const hn::RebindToUnsigned<D32> du32;
    const size_t lanes = hn::Lanes(typename P::D8());
    V32 sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    V32 owed0 = sum0, owed1 = sum0, owed2 = sum0, owed3 = sum0;
    size_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      Step(a + i, b + i, lanes, sum0, owed0);
      Step(a + i + lanes, b + i + lanes, lanes, sum1, owed1);
      Step(a + i + 2 * lanes, b + i + 2 * lanes, lanes, sum2, owed2);
      Step(a + i + 3 * lanes, b + i + 3 * lanes, lanes, sum3, owed3);
    }
    for (; i < n; i += lanes) Step(a + i, b + i, n - i, sum0, owed0);
    const V32 sum = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
    const V32 owed = hn::Add(hn::Add(owed0, owed1), hn::Add(owed2, owed3));
    return static_cast<int32_t>(hn::ReduceSum(du32, hn::BitCast(du32, hn::Sub(sum, owed))));
  }
};

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

template <class A>
struct PlainDot : AnyShape {
  static constexpr const char* kName = Scalar<A>::kName;
  static constexpr bool kInLanes = false;

  static HWY_NOINLINE int32_t Run(const A* a, const int8_t* b, size_t n) {
    uint32_t sum = 0;
    for (size_t i = 0; i < n; ++i) sum += static_cast<uint32_t>(int32_t{a[i]} * int32_t{b[i]});
    return static_cast<int32_t>(sum);
  }
};

#else

// Sums of two products of bytes fit 16 + 16 bits: see tile_madd_s16-inl.h.
template <class A>
struct PlainDot : AnyShape {
  static constexpr const char* kName = MaddS16<A>::kName;
  using D16 = hn::CappedTag<int16_t, 32>;
  using D32 = hn::RepartitionToWide<D16>;
  using D8 = hn::Rebind<int8_t, D16>;
  static constexpr bool kFlips = false, kInLanes = false;

  template <class VA>
  static HWY_INLINE void Accumulate(hn::Vec<D32>& sum, VA a, hn::Vec<D8> b) {
    const D16 d16;
    sum = hn::Add(sum, hn::WidenMulPairwiseAdd(D32(), hn::PromoteTo(d16, a), hn::PromoteTo(d16, b)));
  }
  static HWY_INLINE int32_t Run(const A* a, const int8_t* b, size_t n) { return DotLoop<PlainDot>::Run(a, b, n); }
};

#endif

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

// Tile is the policy of products whose tier this is, Dot its instruction.
template <class A, class Tile, class Dot>
struct LaneDot : AnyShape {
  static constexpr const char* kName = Tile::kName;
  using D32 = hn::CappedTag<int32_t, 16>;
  using D8 = hn::Repartition<int8_t, D32>;
  static constexpr bool kFlips = std::is_signed<A>::value && !Dot::kSignedA, kInLanes = true;

  template <class VA>
  static HWY_INLINE void Accumulate(hn::Vec<D32>& sum, VA a, hn::Vec<D8> b) {
    sum = Dot::Accumulate(sum, hn::BitCast(D32(), a), hn::BitCast(D32(), b));
  }
  static HWY_INLINE int32_t Run(const A* a, const int8_t* b, size_t n) { return DotLoop<LaneDot>::Run(a, b, n); }
};
template <class A>
using VnniDot = LaneDot<A, Vnni<A>, Vpdpbusd>;
template <class A>
using MaddUbsDot = LaneDot<A, MaddUbs<A>, Vpmaddubsw>;

// `Madd`: the policy for CPUs without VPDPBUSD.
#if HWY_TARGET == HWY_AVX2
template <class A>
using VnniInt8Dot = LaneDot<A, VnniInt8<A>, std::conditional_t<std::is_signed<A>::value, Vpdpbssd, Vpdpbusd>>;
template <class A, class Madd>
using DotPoliciesWith = PolicyList<VnniInt8Dot<A>, VnniDot<A>, Madd>;
#else
template <class A, class Madd>
using DotPoliciesWith = PolicyList<VnniDot<A>, Madd>;
#endif
template <class A>
using DotPolicies = DotPoliciesWith<A, PlainDot<A>>;
template <class A>
using SevenBitDotPolicies = DotPoliciesWith<A, MaddUbsDot<A>>;

#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64 && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

struct DotBytes : AnyShape, ByteVectors {
  using D8 = DB;
  using V8 = VB;
};

// Both sides are signed. The words are those of the forms of SDOT without an element.
template <class A>
struct SdotDot : DotBytes {
  static constexpr const char* kName = SdotPolicy<A>::kName;
  static constexpr bool kFlips = !kIsSigned<A>, kInLanes = true;

  template <class VA>
  static HWY_INLINE void Accumulate(V32& sum, VA va, V8 b) {
    const V8 a = hn::BitCast(D8(), va);
#if HWY_TARGET_IS_SVE
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS : "+w"(sum) : "w"(a), "w"(b), "i"(0x44800000));
#else
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS : "+w"(sum.raw) : "w"(a.raw), "w"(b.raw), "i"(0x4e809400));
#endif
  }
  static HWY_INLINE int32_t Run(const A* a, const int8_t* b, size_t n) { return DotLoop<SdotDot>::Run(a, b, n); }
};

#if HWY_TARGET_IS_NEON
template <class A>
struct SmullDot : DotBytes {
  static constexpr const char* kName = NeonPolicy<A>::kName;
  static constexpr bool kFlips = !kIsSigned<A>, kInLanes = false;

  template <class VA>
  static HWY_INLINE void Accumulate(V32& sum, VA va, V8 b) {
    const V8 a = hn::BitCast(D8(), va);
    sum.raw = vpadalq_s16(sum.raw, vmull_s8(vget_low_s8(a.raw), vget_low_s8(b.raw)));
    sum.raw = vpadalq_s16(sum.raw, vmull_high_s8(a.raw, b.raw));
  }
  static HWY_INLINE int32_t Run(const A* a, const int8_t* b, size_t n) { return DotLoop<SmullDot>::Run(a, b, n); }
};
template <class A>
using DotPolicies = PolicyList<SdotDot<A>, SmullDot<A>>;
#else
template <class A>
using DotPolicies = PolicyList<SdotDot<A>, PlainDot<A>>;
#endif
template <class A>
using SevenBitDotPolicies = DotPolicies<A>;

#else
template <class A>
using DotPolicies = PolicyList<PlainDot<A>>;
template <class A>
using SevenBitDotPolicies = DotPolicies<A>;
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
