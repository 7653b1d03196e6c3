// ISA layer: products of s32 with fixed-point multipliers, rounded as fixed_point.h says.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FIXED_MULTIPLY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FIXED_MULTIPLY_INL_H_
#undef ISOQUANT_INL_ISA_FIXED_MULTIPLY_INL_H_
#else
#define ISOQUANT_INL_ISA_FIXED_MULTIPLY_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Multipliers m are not negative. So |x m| < 2^62, and sums with half a unit of the result do not overflow.

#if HWY_TARGET == HWY_SCALAR || !HWY_IS_LITTLE_ENDIAN

// One lane after the other: there are no pairs of lanes, or the lower half of 64 bits is not the even one.
template <class DI, class VI = hn::Vec<DI>, class F>
HWY_INLINE VI ForLanes(DI di, VI x, VI m, VI s, const F& f) {
  int32_t xs[hn::MaxLanes(DI())], ms[hn::MaxLanes(DI())], ss[hn::MaxLanes(DI())];
  hn::StoreU(x, di, xs);
  hn::StoreU(m, di, ms);
  hn::StoreU(s, di, ss);
  for (size_t i = 0; i < hn::Lanes(di); ++i) xs[i] = static_cast<int32_t>(f(int64_t{xs[i]} * ms[i], ss[i]));
  return hn::LoadU(di, xs);
}

template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundingDoublingHigh(DI di, VI x, VI m) {
  return ForLanes(di, x, m, m, [](int64_t product, int32_t) { return (product + (int64_t{1} << 30)) >> 31; });
}

template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundingHigh(DI di, VI x, VI m, VI bits) {
  return ForLanes(di, x, m, bits, [](int64_t product, int32_t b) { return (product + (int64_t{1} << (b - 1))) >> b; });
}

#else

// floor((x m + 2^30) / 2^31).
template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundingDoublingHigh(DI di, VI x, VI m) {
#if HWY_TARGET & HWY_ALL_NEON
  (void)di;
  return VI{vqrdmulhq_s32(x.raw, m.raw)};  // which would saturate for -2^31 * -2^31 alone
#else
  const hn::RepartitionToWide<DI> di64;
  const hn::RebindToUnsigned<decltype(di64)> du64;
  const auto half = hn::Set(di64, int64_t{1} << 30);
  const auto even = hn::BitCast(du64, hn::Add(hn::MulEven(x, m), half));
  const auto odd = hn::BitCast(du64, hn::Add(hn::MulOdd(x, m), half));
  // Bits 31 to 62 of both, in the lanes that they came from.
  return hn::OddEven(hn::BitCast(di, hn::ShiftLeft<1>(odd)), hn::BitCast(di, hn::ShiftRight<31>(even)));
#endif
}

// floor((x m + 2^(bits - 1)) / 2^bits) modulo 2^32, for `bits` from 1 to 62. Few CPUs shift 64 bits arithmetically. So
// 2^62 makes the sum a positive one first, and is taken off the result.
template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundingHigh(DI di, VI x, VI m, VI bits) {
  const hn::RepartitionToWide<DI> di64;
  const hn::RebindToUnsigned<decltype(di64)> du64;
  // What depends on columns alone; compilers take it out of the loop over rows.
  const auto pairs = hn::BitCast(du64, bits);
  const auto even_bits = hn::And(pairs, hn::Set(du64, uint64_t{0xffffffff})), odd_bits = hn::ShiftRight<32>(pairs);
  const auto one = hn::Set(du64, uint64_t{1}), positive = hn::Set(du64, uint64_t{1} << 62);
  const auto even_added = hn::Add(positive, hn::Shl(one, hn::Sub(even_bits, one)));
  const auto odd_added = hn::Add(positive, hn::Shl(one, hn::Sub(odd_bits, one)));
  const auto even_off = hn::Shr(positive, even_bits), odd_off = hn::Shr(positive, odd_bits);
  const VI off = hn::OddEven(hn::BitCast(di, hn::ShiftLeft<32>(odd_off)), hn::BitCast(di, even_off));

  const auto even = hn::Shr(hn::Add(hn::BitCast(du64, hn::MulEven(x, m)), even_added), even_bits);
  const auto odd = hn::Shr(hn::Add(hn::BitCast(du64, hn::MulOdd(x, m)), odd_added), odd_bits);
  return hn::Sub(hn::OddEven(hn::BitCast(di, hn::ShiftLeft<32>(odd)), hn::BitCast(di, even)), off);
}

#endif

// x / 2^bits, rounded to nearest, ties away from 0, for `bits` from 0 to 31. One is added to the floor where what was
// cut off exceeds a half, or is a half and x is not negative.
template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI RoundingShiftRight(DI di, VI x, VI bits) {
  const VI one = hn::Set(di, 1);
  const VI mask = hn::Sub(hn::Shl(one, bits), one);
  const VI threshold = hn::Sub(hn::ShiftRight<1>(mask), hn::BroadcastSignBit(x));
  const auto up = hn::Gt(hn::And(x, mask), threshold);
  return hn::Sub(hn::Shr(x, bits), hn::VecFromMask(di, up));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
