// Functions: f32 rows to 8-bit integers and back. The steps are those of quantize.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_QUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_QUANTIZE_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_QUANTIZE_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_QUANTIZE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// 2^-126, the smallest normal number: scales are never smaller.
constexpr float kMinScale = (std::numeric_limits<float>::min)();

struct RowScale {
  float scale;
  int32_t zero_point;
  bool all_finite = false;  // known to be: then there is nothing to clamp
};

// The lines of the next four vectors of a row.
template <class X>
HWY_INLINE void FetchFour(const X* from) {
  for (size_t i = 0; i < 4; ++i) hwy::Prefetch(from + i * hn::Lanes(DF32()));
}

// Finite x, and 0 in place of infinities and NaN. Magnitudes are compared as integers: that is their order, without the
// rules of NaN.
HWY_INLINE VF32 ZeroIfNotFinite(VF32 x) {
  const DI32 di32;
  const VI32 magnitude = hn::And(hn::BitCast(di32, x), hn::Set(di32, 0x7fffffff));
  const auto finite = hn::Lt(magnitude, hn::Set(di32, 0x7f800000));
  return hn::IfThenElseZero(hn::RebindMask(DF32(), finite), x);
}

template <bool kFilter>
HWY_INLINE VI32 Magnitude(VF32 x) {
  return hn::BitCast(DI32(), hn::Abs(kFilter ? ZeroIfNotFinite(x) : x));
}

// Lane by lane the bits of the largest magnitude; with kFilter, of the finite values alone. Magnitudes compare as
// integers, and those of infinities and NaN are the largest. (There are four maxima, because one would be a chain of
// dependent instructions.)
// If `next` is not null, it is the row that comes then, and is fetched: the prefetchers of CPUs do not know where it
// lies.
template <bool kFilter, class X>
HWY_INLINE VI32 LargestMagnitudes(const X* HWY_RESTRICT x, size_t n, const X* next = nullptr) {
  const DI32 di32;
  const size_t lanes = hn::Lanes(DF32());
  VI32 max0 = hn::Zero(di32);
  size_t i = 0;
  if (n >= 4 * lanes) {
    VI32 max1 = max0, max2 = max0, max3 = max0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      if (next != nullptr) FetchFour(next + i);
      max0 = hn::Max(max0, Magnitude<kFilter>(LoadAsF32(x + i)));
      max1 = hn::Max(max1, Magnitude<kFilter>(LoadAsF32(x + i + lanes)));
      max2 = hn::Max(max2, Magnitude<kFilter>(LoadAsF32(x + i + 2 * lanes)));
      max3 = hn::Max(max3, Magnitude<kFilter>(LoadAsF32(x + i + 3 * lanes)));
    }
    max0 = hn::Max(hn::Max(max0, max1), hn::Max(max2, max3));
  }
  for (; i < n; i += lanes) max0 = hn::Max(max0, Magnitude<kFilter>(LoadAsF32(x + i, n - i)));
  return max0;
}
template <bool kFilter, class X>
HWY_NOINLINE int32_t LargestMagnitude(const X* HWY_RESTRICT x, size_t n) {
  return hn::ReduceMax(DI32(), LargestMagnitudes<kFilter>(x, n));
}

// The bits of infinity. Magnitudes from here on are not finite.
constexpr int32_t kInfinity = 0x7f800000;

// scale = max(absmax / 127, kMinScale), of some rows.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SymmetricScales(D d, V absmax) {
  return hn::Max(hn::Div(absmax, hn::Set(d, 127.0f)), hn::Set(d, kMinScale));
}

inline RowScale SymmetricScale(const float* HWY_RESTRICT x, size_t n) {
  const DF32 d;
  int32_t bits = LargestMagnitude<false>(x, n);
  const bool all_finite = bits < kInfinity;
  if (!all_finite) bits = LargestMagnitude<true>(x, n);
  const VF32 absmax = hn::BitCast(d, hn::Set(DI32(), bits));
  return {hn::GetLane(SymmetricScales(d, absmax)), 0, all_finite};
}

// Lane by lane the bits of the least and of the largest of the values and zero; with kFilter, of the finite values
// alone. As integers, floats of one sign are ordered by magnitude, infinities and NaN last, and positive floats are
// larger than negative ones. So `hi` is a maximum of the bits. With the sign bit flipped, negative floats are the
// larger ones. So `lo` is a maximum of such bits, and is returned like that: it is -lo.
template <bool kFilter, class X>
HWY_INLINE void FindRanges(const X* HWY_RESTRICT x, size_t n, VI32& lo, VI32& hi, const X* next = nullptr) {
  const DI32 di32;
  const VI32 sign = hn::Set(di32, hwy::LimitsMin<int32_t>());
  const size_t lanes = hn::Lanes(di32);
  lo = hi = hn::Zero(di32);
  for (size_t i = 0; i < n; i += lanes) {
    if (next != nullptr) hwy::Prefetch(next + i);
    const VF32 v = LoadAsF32(x + i, n - i);
    const VI32 bits = hn::BitCast(di32, kFilter ? ZeroIfNotFinite(v) : v);
    lo = hn::Max(lo, hn::Xor(bits, sign));
    hi = hn::Max(hi, bits);
  }
}
template <bool kFilter, class X>
HWY_NOINLINE void FindRange(const X* HWY_RESTRICT x, size_t n, int32_t& lo, int32_t& hi) {
  VI32 los, his;
  FindRanges<kFilter>(x, n, los, his);
  lo = hn::ReduceMax(DI32(), los);
  hi = hn::ReduceMax(DI32(), his);
}

// For some rows: scale = max(hi / 255 - lo / 255, kMinScale), and zero_point = round(min(-lo * (1 / scale), 255)). The
// caller gives -lo, which is >= 0. (hi - lo could overflow.)
template <class D, class V = hn::Vec<D>, class VI = hn::Vec<hn::RebindToSigned<D>>>
HWY_INLINE V AsymmetricScales(D d, V minus_lo, V hi, VI& zero_points) {
  const V k255 = hn::Set(d, 255.0f);
  const V scale = hn::Max(hn::Add(hn::Div(hi, k255), hn::Div(minus_lo, k255)), hn::Set(d, kMinScale));
  const V inverse = hn::Div(hn::Set(d, 1.0f), scale);
  zero_points = hn::NearestInt(hn::Min(hn::Mul(minus_lo, inverse), k255));
  return scale;
}

inline RowScale AsymmetricScale(const float* HWY_RESTRICT x, size_t n) {
  const DF32 d;
  const DI32 di32;
  int32_t lo, hi;
  FindRange<false>(x, n, lo, hi);
  const bool all_finite = lo < kInfinity && hi < kInfinity;
  if (!all_finite) FindRange<true>(x, n, lo, hi);
  VI32 zero_point;
  const VF32 scale =
      AsymmetricScales(d, hn::BitCast(d, hn::Set(di32, lo)), hn::BitCast(d, hn::Set(di32, hi)), zero_point);
  return {hn::GetLane(scale), hn::GetLane(zero_point), all_finite};
}

// clamp(v, lo, hi), rounded; NaN becomes 0. With kInRange there is no clamp: the caller knows that no value is NaN, and
// that values beyond the limits are beyond those of the type too, where they saturate.
template <bool kInRange>
HWY_INLINE VI32 RoundLimited(VF32 v, VF32 lo, VF32 hi) {
  if constexpr (!kInRange) {
    v = hn::IfThenElseZero(hn::Eq(v, v), v);
    v = hn::Min(hn::Max(v, lo), hi);
  }
  return RoundInRange(DI32(), v);
}

// The same of x * inverse.
template <bool kInRange>
HWY_INLINE VI32 RoundScaled(VF32 x, VF32 inverse, VF32 lo, VF32 hi) {
  return RoundLimited<kInRange>(hn::Mul(x, inverse), lo, hi);
}

// How a value is scaled. The two differ by one unit of q at times.
enum class Scaling { kByReciprocal, kByDivision };

// `factor` is 1 / scale, or with kByDivision the scale.
template <Scaling kScaling>
HWY_INLINE VF32 Scaled(VF32 x, VF32 factor) {
  return kScaling == Scaling::kByDivision ? Divide(DF32(), x, factor) : hn::Mul(x, factor);
}

// q = round(clamp(x * (1 / scale), lo - zero_point, hi - zero_point)) + zero_point, or with x / scale. The row `next`,
// which comes then, is fetched: the prefetchers of CPUs do not know where it lies, and waiting for it would be most of
// the time.
template <bool kInRange, Scaling kScaling = Scaling::kByReciprocal, class Q>
inline void QuantizeRow(const float* HWY_RESTRICT x, size_t n, RowScale s, int32_t lo, int32_t hi, Q* HWY_RESTRICT q,
                        const float* next) {
  const DF32 d;
  const DI32 di32;
  const hn::Rebind<Q, DF32> dq;
  const size_t lanes = hn::Lanes(d);
  const VF32 factor = hn::Set(d, kScaling == Scaling::kByDivision ? s.scale : 1.0f / s.scale);
  const VF32 lo_f = hn::Set(d, static_cast<float>(lo - s.zero_point));
  const VF32 hi_f = hn::Set(d, static_cast<float>(hi - s.zero_point));
  size_t i = 0;
  if constexpr (kDemotesFour) {
    const hn::Repartition<Q, DF32> dq_four;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      for (size_t j = 0; j < 4; ++j) hwy::Prefetch(next + i + j * lanes);
      const VI32 v0 = RoundLimited<kInRange>(Scaled<kScaling>(hn::LoadU(d, x + i), factor), lo_f, hi_f);
      const VI32 v1 = RoundLimited<kInRange>(Scaled<kScaling>(hn::LoadU(d, x + i + lanes), factor), lo_f, hi_f);
      const VI32 v2 = RoundLimited<kInRange>(Scaled<kScaling>(hn::LoadU(d, x + i + 2 * lanes), factor), lo_f, hi_f);
      const VI32 v3 = RoundLimited<kInRange>(Scaled<kScaling>(hn::LoadU(d, x + i + 3 * lanes), factor), lo_f, hi_f);
      hn::StoreU(DemoteFour<true>(dq_four, v0, v1, v2, v3, s.zero_point), dq_four, q + i);
    }
  }
  for (; i < n; i += lanes) {
    hwy::Prefetch(next + i);
    const VI32 v = RoundLimited<kInRange>(Scaled<kScaling>(LoadFirst(d, x + i, n - i), factor), lo_f, hi_f);
    StoreFirst(hn::DemoteTo(dq, hn::Add(v, hn::Set(di32, s.zero_point))), dq, q + i, n - i);
  }
}

inline RowScale QuantizeRowDynamic(const float* HWY_RESTRICT x, size_t n, int8_t* HWY_RESTRICT q, const float* next) {
  const RowScale s = SymmetricScale(x, n);
  if (s.all_finite) {  // |x / scale| is 127, but for the rounding of scale and inverse
    QuantizeRow<true>(x, n, s, -127, 127, q, next);
  } else {
    QuantizeRow<false>(x, n, s, -127, 127, q, next);
  }
  return s;
}
inline RowScale QuantizeRowDynamic(const float* HWY_RESTRICT x, size_t n, uint8_t* HWY_RESTRICT q, const float* next) {
  const RowScale s = AsymmetricScale(x, n);
  if (s.all_finite) {  // 0 to 255, or 256 if the zero point was rounded up, but for the rounding of scale and inverse
    QuantizeRow<true>(x, n, s, 0, 255, q, next);
  } else {
    QuantizeRow<false>(x, n, s, 0, 255, q, next);
  }
  return s;
}

// `n` columns, at most Lanes(DF32): first a scale for each, then the values.
inline void QuantizeColumnStrip(const float* x, size_t x_stride, size_t rows, size_t n, int8_t* q, size_t q_stride,
                                float* scales) {
  const DF32 d;
  const hn::Rebind<int8_t, DF32> dq;
  VF32 absmax = hn::Zero(d);
  for (size_t r = 0; r < rows; ++r) {
    absmax = hn::Max(absmax, hn::Abs(ZeroIfNotFinite(LoadFirst(d, x + r * x_stride, n))));
  }
  const VF32 quotient = hn::Div(absmax, hn::Set(d, 127.0f));
  const VF32 scale = hn::Max(quotient, hn::Set(d, kMinScale));
  StoreFirst(scale, d, scales, n);
  const VF32 inverse = hn::Div(hn::Set(d, 1.0f), scale);
  const VF32 hi = hn::Set(d, 127.0f);
  for (size_t r = 0; r < rows; ++r) {
    const VI32 v = RoundScaled<false>(LoadFirst(d, x + r * x_stride, n), inverse, hn::Neg(hi), hi);
    StoreFirst(hn::DemoteTo(dq, v), dq, q + r * q_stride, n);
  }
}

// The same with a scale and a zero point for each column, by division. lo and hi are the limits of Q; `zero_points` may
// be null.
template <class Q>
inline void QuantizeRowByColumns(const float* HWY_RESTRICT x, size_t n, const float* HWY_RESTRICT scales,
                                 const int32_t* HWY_RESTRICT zero_points, Q* HWY_RESTRICT q) {
  const DF32 d;
  const DI32 di32;
  const hn::Rebind<Q, DF32> dq;
  const VI32 lo = hn::Set(di32, int32_t{(std::numeric_limits<Q>::min)()});
  const VI32 hi = hn::Set(di32, int32_t{(std::numeric_limits<Q>::max)()});
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const VI32 zero_point = zero_points == nullptr ? hn::Zero(di32) : LoadFirst(di32, zero_points + i, n - i);
    const VF32 v = Divide(d, LoadFirst(d, x + i, n - i), LoadFirst(d, scales + i, n - i));
    const VI32 rounded =
        RoundLimited<false>(v, hn::ConvertTo(d, hn::Sub(lo, zero_point)), hn::ConvertTo(d, hn::Sub(hi, zero_point)));
    StoreFirst(hn::DemoteTo(dq, hn::Add(rounded, zero_point)), dq, q + i, n - i);
  }
}

// What belongs to columns in place of a RowScale.
struct ColumnScales {
  const float* scales = nullptr;         // or null: the row has a scale
  const int32_t* zero_points = nullptr;  // or null: the row has a zero point
};

// x = float(q - zero_point) * scale. Scales may be infinite or NaN.
template <class Q>
inline void DequantizeRow(const Q* HWY_RESTRICT q, size_t n, RowScale s, ColumnScales columns, float* HWY_RESTRICT x) {
  const DF32 d;
  const DI32 di32;
  const hn::Rebind<Q, DF32> dq;
  const VI32 row_zero_point = hn::Set(di32, s.zero_point);
  const VF32 row_scale = hn::Set(d, s.scale);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const VI32 zero_point =
        columns.zero_points == nullptr ? row_zero_point : LoadFirst(di32, columns.zero_points + i, n - i);
    const VI32 v = hn::Sub(hn::PromoteTo(di32, LoadFirst(dq, q + i, n - i)), zero_point);
    const VF32 scale = columns.scales == nullptr ? row_scale : LoadFirst(d, columns.scales + i, n - i);
    const VF32 product = hn::Mul(hn::ConvertTo(d, v), scale);
    StoreFirst(OneNaN(d, product), d, x + i, n - i);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
