// ISA layer: fused multiply-add of f32, rounded once, on every target. (Highway's MulAdd rounds once or twice, as the
// target can.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FMA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FMA_INL_H_
#undef ISOQUANT_INL_ISA_FMA_INL_H_
#else
#define ISOQUANT_INL_ISA_FMA_INL_H_
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

// Whether the target has the instruction. (A compiler for scalar code may have it, but only if told so by flags.)
#if HWY_NATIVE_FMA && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
constexpr bool kHasFusedMulAdd = true;
#else
constexpr bool kHasFusedMulAdd = false;
#endif

// product + c, rounded to odd: if the sum is no double, the odd one of its two neighbours. A double has more than twice
// the bits of a float, so that rounding this to f32 gives what the exact sum gives. (S. Boldo, G. Melquiond: Emulation
// of a FMA and correctly rounded sums: proved algorithms using rounding to odd. IEEE Transactions on Computers 57(4),
// 2008.)
template <class D64, class V64 = hn::Vec<D64>>
HWY_INLINE V64 AddToOdd(D64 d, V64 product, V64 c) {
  const hn::RebindToUnsigned<D64> du;
  const auto one = hn::Set(du, uint64_t{1});
  const V64 sum = hn::Add(product, c);
  // The exact error of the sum. (D. E. Knuth: The Art of Computer Programming, volume 2, 4.2.2, theorem B.)
  const V64 c_part = hn::Sub(sum, product);
  const V64 error = hn::Add(hn::Sub(product, hn::Sub(sum, c_part)), hn::Sub(c, c_part));
  // With infinities and NaN the error is NaN, and the sum stays as it is.
  const auto is_inexact = hn::Or(hn::Lt(error, hn::Zero(d)), hn::Gt(error, hn::Zero(d)));
  // If the last bit is 0, the odd neighbour is the next double in the direction of the error. As integers, doubles of
  // one sign are ordered by magnitude: so it is +1 if sum and error have the same sign, else -1.
  const auto bits = hn::BitCast(du, sum);
  const auto signs_differ = hn::ShiftRight<63>(hn::Xor(bits, hn::BitCast(du, error)));
  const auto step = hn::Sub(hn::Sub(one, signs_differ), signs_differ);
  const auto if_even = hn::Sub(hn::And(bits, one), one);
  const V64 moved = hn::BitCast(d, hn::Add(bits, hn::And(step, if_even)));
  return hn::IfThenElse(is_inexact, moved, sum);
}

// Doubles to f32, rounded to nearest even; too large ones become infinite. (Highway's DemoteTo makes them the largest
// number on targets without vectors.)
template <class D, class V64 = hn::Vec<hn::Rebind<double, D>>>
HWY_INLINE hn::Vec<D> DemoteDoubles(D d, V64 v) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  hn::Vec<D> narrow = hn::Zero(d);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    narrow = hn::InsertLane(narrow, i, static_cast<float>(hn::ExtractLane(v, i)));
  }
  return narrow;
#else
  return hn::DemoteTo(d, v);
#endif
}

// a * b + c, rounded once, by double arithmetic: the product of two floats is exact there. For targets without the
// instruction. (All targets compile it, for tests.)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V EmulatedFusedMulAdd(D d, V a, V b, V c) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (D::kPrivateLanes * sizeof(double) > 16) {
    const hn::RepartitionToWide<D> d64;
    const hn::Half<D> half;
    const auto lower = hn::Mul(hn::PromoteLowerTo(d64, a), hn::PromoteLowerTo(d64, b));
    const auto upper = hn::Mul(hn::PromoteUpperTo(d64, a), hn::PromoteUpperTo(d64, b));
    return hn::Combine(d, DemoteDoubles(half, AddToOdd(d64, upper, hn::PromoteUpperTo(d64, c))),
                       DemoteDoubles(half, AddToOdd(d64, lower, hn::PromoteLowerTo(d64, c))));
  } else
#endif
  {
    const hn::Rebind<double, D> d64;
    const auto product = hn::Mul(hn::PromoteTo(d64, a), hn::PromoteTo(d64, b));
    return DemoteDoubles(d, AddToOdd(d64, product, hn::PromoteTo(d64, c)));
  }
}

// a * b + c, rounded once to nearest even. A NaN may have any bits.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FusedMulAdd(D d, V a, V b, V c) {
  if constexpr (kHasFusedMulAdd) return hn::MulAdd(a, b, c);
  return EmulatedFusedMulAdd(d, a, b, c);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
