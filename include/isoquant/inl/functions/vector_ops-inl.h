// Functions: two vectors to one, element by element, and a vector to a number. The steps are those of vector.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_VECTOR_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_VECTOR_OPS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_VECTOR_OPS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_VECTOR_OPS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/functions/elements-inl.h"
#include "isoquant/inl/functions/sums-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/fma_f64-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// ---- y[i] = op(a[i], b[i])

struct AddOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};
struct MultiplyOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct AddSaturatedOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::SaturatedAdd(a, b);
  }
};
// Of floats, Min and Max take either of two zeros, and with NaN what the target takes. Equal floats are the same, or
// zeros: of these, Or has a minus if one has, And if both have.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NaNIfEither(D d, V a, V b, V v) {
  return hn::IfThenElse(hn::IsEitherNaN(a, b), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), v);
}
struct MinOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V a, V b) const {
    if constexpr (std::is_integral<hn::TFromD<D>>::value)
      return hn::Min(a, b);
    else
      return NaNIfEither(d, a, b, hn::IfThenElse(hn::Eq(a, b), hn::Or(a, b), hn::Min(a, b)));
  }
};
struct MaxOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V a, V b) const {
    if constexpr (std::is_integral<hn::TFromD<D>>::value)
      return hn::Max(a, b);
    else
      return NaNIfEither(d, a, b, hn::IfThenElse(hn::Eq(a, b), hn::And(a, b), hn::Max(a, b)));
  }
};
// Whether floats that an Op returns are NaN by the one NaN alone.
template <class Op>
constexpr bool kReturnsOneNaN = std::is_same<Op, MinOp>::value || std::is_same<Op, MaxOp>::value;

template <class T, class Op>
struct CombineVector {
  // Integers by their own vectors, floats of all types as f32.
  using D = std::conditional_t<std::is_integral<T>::value, hn::CappedTag<int8_t, 64>, DF32>;
  const T* a;
  const T* b;
  T* y;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    if constexpr (std::is_integral<T>::value) {
      const hn::CappedTag<T, 64> d;
      StoreFirst(Op()(d, LoadFirst(d, a + i, count), LoadFirst(d, b + i, count)), d, y + i, count);
    } else {
      const DF32 d;
      const VF32 v = Op()(d, LoadAsF32(a + i, count), LoadAsF32(b + i, count));
      if constexpr (kReturnsOneNaN<Op> && std::is_same<T, float>::value) {
        StoreFirst(v, d, y + i, count);
      } else {
        StoreFromF32(v, y + i, count);
      }
    }
  }
};
template <class Op, class T>
HWY_INLINE void Combine(const T* a, const T* b, size_t n, T* y) {
  using Vectors = CombineVector<T, Op>;
  ForEachVector(typename Vectors::D(), n, Vectors{a, b, y});
}

// a * b + c, rounded once.
template <class V>
HWY_INLINE V FusedMulAddOf(hn::CappedTag<float, 16> d, V a, V b, V c) {
  return FusedMulAdd(d, a, b, c);
}
template <class V>
HWY_INLINE V FusedMulAddOf(hn::CappedTag<double, 8> d, V a, V b, V c) {
  return FusedMulAddF64(d, a, b, c);
}

// acc[i] = fma(a[i], b[i], acc[i])
template <class T>
struct AddMulVector {
  using D = hn::CappedTag<T, 64 / sizeof(T)>;
  const T* a;
  const T* b;
  T* acc;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    const D d;
    const auto sum =
        FusedMulAddOf(d, LoadFirst(d, a + i, count), LoadFirst(d, b + i, count), LoadFirst(d, acc + i, count));
    const auto nan = hn::Set(d, std::numeric_limits<T>::quiet_NaN());
    StoreFirst(hn::IfThenElse(hn::Eq(sum, sum), sum, nan), d, acc + i, count);
  }
};
template <class T>
HWY_INLINE void AddMulInto(const T* a, const T* b, size_t n, T* acc) {
  ForEachVector(typename AddMulVector<T>::D(), n, AddMulVector<T>{a, b, acc});
}

// ---- A vector to a number

template <class T>
struct AddProducts {
  const T* a;
  const T* b;

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V sum, size_t i, size_t count) const {
    return FusedMulAdd(d, LoadElements(d, a + i, count), LoadElements(d, b + i, count), sum);
  }
};

HWY_INLINE float OneNaNOf(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(OneNaN(d, hn::Set(d, x)));
}
template <class T>
HWY_INLINE float DotOfFloats(const T* a, const T* b, size_t n) {
  return OneNaNOf(Sum(n, AddProducts<T>{a, b}));
}

// A long array is read as four runs of so many elements, whole vectors, so that as many prefetchers run ahead; what
// does not divide follows. (Zen 5, 64 MB: the largest of f32 at 95 to 100 % of the bandwidth of memory instead of 88 to
// 96, of s8 at 92 to 96 instead of 89 to 91.) 0: the array is short.
template <class T>
HWY_INLINE size_t RunLength(const T*, size_t n, size_t lanes) {
  constexpr size_t kLong = (size_t{1} << 20) / sizeof(T);
  return n < kLong ? 0 : n / (4 * lanes) * lanes;
}

// The Op of all elements and `start`, which changes nothing: op is associative and commutative, and op(v, v) is v. So
// the last vector may overlap the one before.
template <class Op, class D, class T = hn::TFromD<D>>
HWY_NOINLINE T ReduceOneByOne(D, const T* x, size_t n, T start) {
  const hn::CappedTag<T, 1> one;
  auto result = hn::Set(one, start);
  for (size_t i = 0; i < n; ++i) result = Op()(one, result, hn::Set(one, x[i]));
  return hn::GetLane(result);
}

// The vectors at x, x + stride ...
template <class Op, class D, class T = hn::TFromD<D>, class V = hn::Vec<D>>
HWY_INLINE void ReduceFour(D d, const T* x, size_t stride, V& v0, V& v1, V& v2, V& v3) {
  v0 = Op()(d, v0, hn::LoadU(d, x));
  v1 = Op()(d, v1, hn::LoadU(d, x + stride));
  v2 = Op()(d, v2, hn::LoadU(d, x + 2 * stride));
  v3 = Op()(d, v3, hn::LoadU(d, x + 3 * stride));
}

template <class Op, class D, class T = hn::TFromD<D>>
HWY_INLINE T ReduceElements(D d, const T* x, size_t n, T start) {
  const size_t lanes = hn::Lanes(d);
  const Op op;
  // (Without vectors, g++ 12 -O3 makes the four chains below return a wrong minimum of 64 int8_t.)
  if (hn::MaxLanes(D()) == 1 || n < lanes) return ReduceOneByOne<Op>(d, x, n, start);
  auto all = hn::Set(d, start), other = all, third = all, fourth = all;
  const size_t run = RunLength(x, n, lanes);
  size_t i = 0;
  for (; i < run; i += lanes) ReduceFour<Op>(d, x + i, run, all, other, third, fourth);
  i = 4 * run;
  for (; i + 4 * lanes <= n; i += 4 * lanes) ReduceFour<Op>(d, x + i, lanes, all, other, third, fourth);
  for (; i + lanes <= n; i += lanes) all = op(d, all, hn::LoadU(d, x + i));
  other = op(d, other, hn::LoadU(d, x + n - lanes));
  all = op(d, op(d, all, other), op(d, third, fourth));
  T of_lanes[hn::MaxLanes(D())];
  hn::StoreU(all, d, of_lanes);
  return ReduceOneByOne<Op>(d, of_lanes, lanes, start);
}

// The least of n floats, as MinOp has it; of no elements infinity. If `flip` is -0, the largest. Each vector
// takes three cheap steps, none of which waits for another: the minimum, of which a zero has any sign; whether there is
// a NaN; and the signs. If the minimum is zero, no number is negative, and a minus is that of a -0. (MinOp takes four
// steps, one after another: 40 % of the bandwidth of L2 on Zen 5. What the flip makes is no memory, which g++ 12 would
// read once for each step.)
//
// A step: the vectors at x and x + stride.
template <class D, class V = hn::Vec<D>, class M = hn::Mask<D>>
HWY_INLINE void ExtremeOfTwo(D d, const float* x, size_t stride, V flips, V& least0, V& least1, V& signs, M& is_nan) {
  const V x0 = hn::Xor(hn::LoadU(d, x), flips), x1 = hn::Xor(hn::LoadU(d, x + stride), flips);
  least0 = hn::Min(least0, x0);
  least1 = hn::Min(least1, x1);
  signs = hn::Or3(signs, x0, x1);
  is_nan = hn::Or(is_nan, hn::IsEitherNaN(x0, x1));
}
template <class D, class V = hn::Vec<D>>
HWY_NOINLINE float ExtremeOfFloats(D d, const float* x, size_t n, float flip) {
  const size_t lanes = hn::Lanes(d);
  const V flips = hn::Set(d, flip);
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity()), none = hn::Xor(infinity, flips);
  V least0 = infinity, least1 = infinity, least2 = infinity, least3 = infinity;
  V signs0 = hn::Zero(d), signs1 = signs0;
  auto is_nan0 = hn::IsEitherNaN(signs0, signs0), is_nan1 = is_nan0;
  const size_t run = RunLength(x, n, lanes);
  size_t i = 0;
  for (; i < run; i += lanes) {
    ExtremeOfTwo(d, x + i, run, flips, least0, least1, signs0, is_nan0);
    ExtremeOfTwo(d, x + i + 2 * run, run, flips, least2, least3, signs1, is_nan1);
  }
  i = 4 * run;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    ExtremeOfTwo(d, x + i, lanes, flips, least0, least1, signs0, is_nan0);
    ExtremeOfTwo(d, x + i + 2 * lanes, lanes, flips, least2, least3, signs1, is_nan1);
  }
  for (; i < n; i += lanes) {
    const V v = hn::Xor(n - i >= lanes ? hn::LoadU(d, x + i) : hn::LoadNOr(none, d, x + i, n - i), flips);
    least0 = hn::Min(least0, v);
    signs0 = hn::Or(signs0, v);
    is_nan0 = hn::Or(is_nan0, hn::IsEitherNaN(v, v));
  }
  if (!hn::AllFalse(d, hn::Or(is_nan0, is_nan1))) return std::numeric_limits<float>::quiet_NaN();
  const hn::CappedTag<float, 1> one;
  auto least = hn::Set(one, hn::ReduceMin(d, hn::Min(hn::Min(least0, least1), hn::Min(least2, least3))));
  if (hn::AllTrue(one, hn::Eq(least, hn::Zero(one)))) {
    least = hn::Set(one, hn::AllFalse(d, hn::IsNegative(hn::Or(signs0, signs1))) ? 0.0f : -0.0f);
  }
  return hn::GetLane(hn::Xor(least, hn::Set(one, flip)));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
