// Functions: softmax of a row. The steps are those of softmax.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_SOFTMAX_INL_H_
#endif

#include <cstddef>
#include <limits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/functions/sums-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The largest x, or the least if `sign` is -0; of no x, any float. Which zero it is, and whether a NaN counts, depends
// on the target: no output does, because a NaN of x makes the whole row NaN. Beside that, calls other(i, count) for the
// vectors of `other_n` elements, as ForEachVector does: what it stores costs little while this loads.
template <class T, class Other>
HWY_INLINE float Extreme(const T* x, size_t n, float sign, size_t other_n, const Other& other) {
  const DF32 d;
  const size_t lanes = hn::Lanes(d);
  const VF32 flip = hn::Set(d, sign), least = hn::Set(d, -std::numeric_limits<float>::infinity());
  VF32 max0 = least, max1 = least, max2 = least, max3 = least;
  const auto take_four = [&](size_t at) HWY_ATTR {
    max0 = hn::Max(hn::Xor(LoadAsF32(x + at), flip), max0);
    max1 = hn::Max(hn::Xor(LoadAsF32(x + at + lanes), flip), max1);
    max2 = hn::Max(hn::Xor(LoadAsF32(x + at + 2 * lanes), flip), max2);
    max3 = hn::Max(hn::Xor(LoadAsF32(x + at + 3 * lanes), flip), max3);
  };
  size_t i = 0;
  for (; i + 4 * lanes <= HWY_MIN(n, other_n); i += 4 * lanes) {
    take_four(i);
    for (size_t v = 0; v < 4; ++v) other(i + v * lanes, lanes);
  }
  size_t o = i;
  for (; o + 4 * lanes <= other_n; o += 4 * lanes) {
    for (size_t v = 0; v < 4; ++v) other(o + v * lanes, lanes);
  }
  for (; o + lanes <= other_n; o += lanes) other(o, lanes);
  if (o < other_n) other(o, other_n - o);
  for (; i + 4 * lanes <= n; i += 4 * lanes) take_four(i);
  for (; i + lanes <= n; i += lanes) max0 = hn::Max(hn::Xor(LoadAsF32(x + i), flip), max0);
  if (i < n) {
    const VF32 v = hn::Xor(LoadAsF32(x + i, n - i), flip);
    max1 = hn::Max(hn::IfThenElse(hn::FirstN(d, n - i), v, least), max1);
  }
  const VF32 max = hn::Max(hn::Max(max0, max1), hn::Max(max2, max3));
  return hn::GetLane(hn::Xor(hn::MaxOfLanes(d, max), flip));
}

// e = exp((x - extreme) * scale), of a number that is not positive, unless a NaN of x makes the row NaN.
template <bool kScaled, class T>
struct Exponentials {
  const T* x;
  float extreme, scale;
  float* e;

  HWY_INLINE VF32 Argument(VF32 v) const {
    const DF32 d;
    v = hn::Sub(v, hn::Set(d, extreme));
    if constexpr (kScaled) v = RoundedMul(d, v, hn::Set(d, scale));
    return v;
  }
  HWY_INLINE VF32 Of(VF32 v) const { return ExpAtMost89(Argument(v)); }
  HWY_INLINE void operator()(size_t i, size_t count) const {
    StoreFirst(Of(LoadAsF32(x + i, count)), DF32(), e + i, count);
  }
  // The step of their sum.
  HWY_INLINE void operator()(size_t i, VF32& s0, VF32& s1, VF32& s2, VF32& s3) const {
    const DF32 d;
    const size_t lanes = hn::Lanes(d);
    const VF32 x0 = LoadAsF32(x + i), x1 = LoadAsF32(x + i + lanes);
    const VF32 x2 = LoadAsF32(x + i + 2 * lanes), x3 = LoadAsF32(x + i + 3 * lanes);
    const VF32 e0 = Of(x0), e1 = Of(x1), e2 = Of(x2), e3 = Of(x3);
    hn::StoreU(e0, d, e + i);
    hn::StoreU(e1, d, e + i + lanes);
    hn::StoreU(e2, d, e + i + 2 * lanes);
    hn::StoreU(e3, d, e + i + 3 * lanes);
    s0 = hn::Add(s0, e0);
    s1 = hn::Add(s1, e1);
    s2 = hn::Add(s2, e2);
    s3 = hn::Add(s3, e3);
  }
};

// The sum of `whole` exponentials, a multiple of 64, where four vectors are the virtual lanes. The exponents of four
// vectors are found while the polynomials of the four before are evaluated: chains of operations are half as long, and
// more of them advance together. (Zen 5: 5.2 cycles a vector in place of
// 5.7; its fused products alone take 4.5.)
template <bool kScaled, class T>
struct ExponentialsAhead {
  Exponentials<kScaled, T> of;

  HWY_INLINE void Reduce(size_t i, VF32& r, VF32& n, VF32& t) const {
    r = ReduceForExp(of.Argument(LoadAsF32(of.x + i)), n, t);
  }
  HWY_INLINE void Finish(size_t i, VF32 r, VF32 n, VF32 t, VF32& sum) const {
    const VF32 e = FinishExp(r, n, t);
    hn::StoreU(e, DF32(), of.e + i);
    sum = hn::Add(sum, e);
  }

  // whole > 0.
  HWY_INLINE void AddTo(size_t whole, VF32& s0, VF32& s1, VF32& s2, VF32& s3) const {
    const size_t lanes = hn::Lanes(DF32());
    VF32 r0, r1, r2, r3, n0, n1, n2, n3, t0, t1, t2, t3;
    Reduce(0, r0, n0, t0);
    Reduce(lanes, r1, n1, t1);
    Reduce(2 * lanes, r2, n2, t2);
    Reduce(3 * lanes, r3, n3, t3);
    size_t i = 0;
    for (; i + 4 * lanes < whole; i += 4 * lanes) {
      VF32 p0, p1, p2, p3, m0, m1, m2, m3, u0, u1, u2, u3;
      Reduce(i + 4 * lanes, p0, m0, u0);
      Reduce(i + 5 * lanes, p1, m1, u1);
      Reduce(i + 6 * lanes, p2, m2, u2);
      Reduce(i + 7 * lanes, p3, m3, u3);
      Finish(i, r0, n0, t0, s0);
      Finish(i + lanes, r1, n1, t1, s1);
      Finish(i + 2 * lanes, r2, n2, t2, s2);
      Finish(i + 3 * lanes, r3, n3, t3, s3);
      r0 = p0, n0 = m0, t0 = u0;
      r1 = p1, n1 = m1, t1 = u1;
      r2 = p2, n2 = m2, t2 = u2;
      r3 = p3, n3 = m3, t3 = u3;
    }
    Finish(i, r0, n0, t0, s0);
    Finish(i + lanes, r1, n1, t1, s1);
    Finish(i + 2 * lanes, r2, n2, t2, s2);
    Finish(i + 3 * lanes, r3, n3, t3, s3);
  }
};

// Computes and adds up all exponentials.
template <bool kScaled, class T>
HWY_NOINLINE float SumOfExponentials(const T* x, size_t n, float extreme, float scale, float* e) {
  const DF32 d;
  const Exponentials<kScaled, T> exponentials{x, extreme, scale, e};
  // Elsewhere the function is long, or vectors have a length that does not divide 64.
  if constexpr (kHasFusedMulAdd && !HWY_HAVE_SCALABLE) {
    const size_t whole = n / kVirtualLanes * kVirtualLanes;
    ForEachVector(d, n - whole, Exponentials<kScaled, T>{x + whole, extreme, scale, e + whole});
    if constexpr (hn::MaxLanes(DF32()) == 16) {
      const AddElements<float> tail{e};
      VF32 s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
      if (whole != 0) ExponentialsAhead<kScaled, T>{exponentials}.AddTo(whole, s0, s1, s2, s3);
      AddPart(d, tail, whole, n, s0);
      AddPart(d, tail, whole + 16, n, s1);
      AddPart(d, tail, whole + 32, n, s2);
      AddPart(d, tail, whole + 48, n, s3);
      return AddHalves(d, AddVectors(d, s0, s1, s2, s3));  // which is not -0: no exponential is
    }
    return SumByFours(d, n, exponentials, AddElements<float>{e},
                      std::make_index_sequence<kVirtualLanes / hn::MaxLanes(DF32())>());
  } else {
    ForEachVector(d, n, exponentials);
    return Sum(n, AddElements<float>{e});
  }
}

template <class T>
struct TimesInverse {
  const float* e;
  float inverse;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    const DF32 d;
    StoreElements(hn::Mul(LoadFirst(d, e + i, count), hn::Set(d, inverse)), d, y + i, count);
  }
};

template <class T>
struct FillVector {
  float value;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    StoreElements(hn::Set(DF32(), value), DF32(), y + i, count);
  }
};

template <class T>
HWY_INLINE float ExponentialsOfRow(const T* x, size_t n, float extreme, float scale, float* e) {
  return scale == 1.0f ? SumOfExponentials<false>(x, n, extreme, scale, e)
                       : SumOfExponentials<true>(x, n, extreme, scale, e);
}

// y = e / sum, of the first n elements of a row; those up to `size` become 0. Returns the Extreme of the next row.
template <class T>
HWY_INLINE float DivideRow(const float* e, size_t n, size_t size, float sum, T* y, const T* next, size_t next_n,
                           float sign) {
  const DF32 d;
  ForEachVector(d, size - n, FillVector<T>{0.0f, y + n});
  if (sum != sum) {
    return Extreme(next, next_n, sign, n, FillVector<T>{std::numeric_limits<float>::quiet_NaN(), y});
  }
  const hn::CappedTag<float, 1> one;
  const float inverse = hn::GetLane(Divide(one, hn::Set(one, 1.0f), hn::Set(one, sum)));
  return Extreme(next, next_n, sign, n, TimesInverse<T>{e, inverse, y});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
