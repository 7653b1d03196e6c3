// Support: checks of a Dequantization, and of products through one.
#ifndef ISOQUANT_SRC_DEQUANTIZATION_H_
#define ISOQUANT_SRC_DEQUANTIZATION_H_

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"
#include "src/each.h"
#include "src/finish.h"
#include "src/operands.h"

namespace isoquant {

HWY_INLINE Status CheckDequantization(const Dequantization& dequantization, const Each& row, const Each& column,
                                      const Written& out) {
  const Dequantization& d = dequantization;
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(d.row_scales, ISOQUANT_NAMES(dequantization.row_scales), row, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(d.row_zero_points, ISOQUANT_NAMES(dequantization.row_zero_points), row, out));
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(d.column_scales, ISOQUANT_NAMES(dequantization.column_scales), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(d.bias, ISOQUANT_NAMES(dequantization.bias), column, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(d.column_zero_points, ISOQUANT_NAMES(dequantization.column_zero_points), column, out));
  return CheckFinish(d, "dequantization.activation", "dequantization.min", "dequantization.max");
}

// Whether a Dequantization is as most are. Then CheckDequantization finds nothing wrong with it.
template <class V>
HWY_INLINE bool IsUsual(const Dequantization& d, const MatrixView<V>& c) {
  if (d.row_zero_points.size != 0 || d.column_zero_points.size != 0 || NeedsFinish(d)) return false;
  return IsUsualOneOrEach(d.row_scales, c.rows, Range(c)) && IsUsualOneOrEach(d.column_scales, c.cols, Range(c)) &&
         IsUsualEachOrNone(d.bias, c.cols, Range(c));
}

// `view` is c, as a MatrixView of float, or of uint16_t for any type of 16 bits.
template <class A, class V, class C, class Function>
HWY_NOINLINE Status CheckAndDequantizeUnusual(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                              const Dequantization& dequantization, const MatrixView<V>& view,
                                              const C& c, Function multiply) {
  ISOQUANT_RETURN_IF_ERROR(
      CheckOperands(a, b, view, {ISOQUANT_NAMES(a), ISOQUANT_NAMES(b), ISOQUANT_NAMES(c), "b's K", "b's N"}));
  ISOQUANT_RETURN_IF_ERROR(
      CheckDequantization(dequantization, {"a.rows", a.rows}, {"b's N", b.n()}, Written("c", view)));
  return MultiplyChecked(context, a, b, dequantization, dequantization.row_zero_points.size != 0, c, multiply);
}

// Small products take the short way, as in matmul.cc.
template <class A, class V, class C, class Function>
HWY_INLINE Status CheckAndDequantize(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                     const Dequantization& d, const MatrixView<V>& view, const C& c,
                                     Function multiply) {
  if (HWY_LIKELY(!view.empty() && AreUsual(a, b, view) && IsUsual(d, view))) return multiply(context, a, b, d, c);
  return CheckAndDequantizeUnusual(context, a, b, d, view, c, multiply);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DEQUANTIZATION_H_
