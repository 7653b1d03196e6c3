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
// Equal floats are the same, or zeros: of these, Or has a minus if one has, And if both have. If b is NaN, both
// comparisons are false, and it is taken.
struct MinOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D, V a, V b) const {
    if constexpr (std::is_integral<hn::TFromD<D>>::value) {
      return hn::Min(a, b);
    } else {
      const V lesser = hn::IfThenElse(hn::Lt(a, b), a, hn::IfThenElse(hn::Eq(a, b), hn::Or(a, b), b));
      return hn::IfThenElse(hn::Eq(a, a), lesser, a);
    }
  }
};
struct MaxOp {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D, V a, V b) const {
    if constexpr (std::is_integral<hn::TFromD<D>>::value) {
      return hn::Max(a, b);
    } else {
      const V larger = hn::IfThenElse(hn::Gt(a, b), a, hn::IfThenElse(hn::Eq(a, b), hn::And(a, b), b));
      return hn::IfThenElse(hn::Eq(a, a), larger, a);
    }
  }
};

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
      StoreFromF32(Op()(d, LoadAsF32(a + i, count), LoadAsF32(b + i, count)), y + i, count);
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

// The Op of all elements and `start`, which changes nothing: op is associative and commutative, and op(v, v) is v. So
// the last vector may overlap the one before.
template <class Op, class D, class T = hn::TFromD<D>>
HWY_INLINE T ReduceElements(D d, const T* x, size_t n, T start) {
  const size_t lanes = hn::Lanes(d);
  const Op op;
  auto all = hn::Set(d, start);
  // (Without vectors, g++ 12 -O3 makes the four chains below return a wrong minimum of 64 int8_t.)
  if (hn::MaxLanes(D()) == 1 || n < lanes) {
    for (size_t i = 0; i < n; ++i) all = op(d, all, hn::Set(d, x[i]));
  } else {
    auto other = all, third = all, fourth = all;
    size_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      all = op(d, all, hn::LoadU(d, x + i));
      other = op(d, other, hn::LoadU(d, x + i + lanes));
      third = op(d, third, hn::LoadU(d, x + i + 2 * lanes));
      fourth = op(d, fourth, hn::LoadU(d, x + i + 3 * lanes));
    }
    for (; i + lanes <= n; i += lanes) all = op(d, all, hn::LoadU(d, x + i));
    other = op(d, other, hn::LoadU(d, x + n - lanes));
    all = op(d, op(d, all, other), op(d, third, fourth));
  }
  T of_lanes[hn::MaxLanes(D())];
  hn::StoreU(all, d, of_lanes);
  const hn::CappedTag<T, 1> one;
  auto result = hn::Set(one, start);
  for (size_t i = 0; i < lanes; ++i) result = op(one, result, hn::Set(one, of_lanes[i]));
  return hn::GetLane(result);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
