// Support: what the k_major*.cc share: checks, once per call, and the source of A.

// Per-target include guard.
#if defined(ISOQUANT_SRC_K_MAJOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_K_MAJOR_INL_H_
#undef ISOQUANT_SRC_K_MAJOR_INL_H_
#else
#define ISOQUANT_SRC_K_MAJOR_INL_H_
#endif

#include "isoquant/inl/sources/transposed_rows-inl.h"
#include "isoquant/k_major.h"
#include "src/engine.h"
#include "src/operands.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class A>
Status MultiplyTransposed(Context& context, const KxM<A>& a, const WeightsRef& b, const MatrixView<float>& c,
                          bool accumulate) {
  const TransposedRows<A> rows(a.values);
  return MatMulRows(context, RowSource<A>(rows), b, c, accumulate);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

template <class A, class C>
Status CheckTransposed(const KxM<A>& a, const WeightsRef& b, const MatrixView<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckWeightType<A>("b", b.type()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("a.values.rows", a.values.rows, "b's K", b.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.rows", c.rows, "a.values.cols", a.values.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.cols", c.cols, "b's N", b.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a.values, ISOQUANT_NAMES(a.values)));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, ISOQUANT_NAMES(c)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c, "a.values", a.values));
  return CheckWeights<A>(b, ISOQUANT_NAMES(b), c, "c");
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE

#endif  // per-target include guard
