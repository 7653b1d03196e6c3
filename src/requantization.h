// Support: what all kinds of MatMul to 8-bit integers share: checks, and their order.
#ifndef ISOQUANT_SRC_REQUANTIZATION_H_
#define ISOQUANT_SRC_REQUANTIZATION_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "isoquant/context.h"
#include "isoquant/fixed_point.h"
#include "isoquant/matrix_view.h"
#include "isoquant/requantize.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"
#include "src/elementwise.h"
#include "src/operands.h"

namespace isoquant {

// `P` is a Requantization or a FixedPointRequantization, `check_rule(p, column, out)` checks what only it has.

// What only a Requantization has, and what only a FixedPointRequantization has.
Status CheckScales(const Requantization& requantization, const Each& column, const Written& out);
Status CheckMultipliers(const FixedPointRequantization& requantization, const Each& column, const Written& out);

// The names of the ends of the output's type.
struct EndNames {
  const char *smallest, *largest;
};

// Q: the type of the output.
template <class Q, class P, class CheckRule>
Status CheckRequantization(const P& requantization, const Each& column, const EndNames& names, const Written& out,
                           CheckRule check_rule) {
  constexpr int32_t kMin = std::numeric_limits<Q>::min(), kMax = std::numeric_limits<Q>::max();
  ISOQUANT_RETURN_IF_ERROR(check_rule(requantization, column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(requantization.bias, ISOQUANT_NAMES(requantization.bias), column, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckZeroPoint<Q>("requantization.zero_point", requantization.zero_point, names.smallest, names.largest));
  const int32_t min = requantization.min, max = requantization.max;
  if (min > max) return Status::InvalidValue("requantization.min", min, "requantization.max", max);
  if (min > kMax) return Status::InvalidValue("requantization.min", min, names.largest, kMax);
  if (max < kMin) return Status::InvalidValue("requantization.max", max, names.smallest, kMin);
  return Status();
}
template <class Q, class P, class CheckRule>
Status CheckRequantization(const P& requantization, const MatrixView<Q>& c, const Written& out, CheckRule check_rule) {
  constexpr EndNames kNames{"the smallest value of c's type", "the largest value of c's type"};
  return CheckRequantization<Q>(requantization, Each{"c.cols", c.cols}, kNames, out, check_rule);
}

// Whether a requantisation is as most are. Then the checks of CheckAndMultiplyUnusual find nothing wrong with it.
template <class Q>
HWY_INLINE bool IsUsual(const Requantization& r, const MatrixView<Q>& c) {
  constexpr int32_t kMin = std::numeric_limits<Q>::min(), kMax = std::numeric_limits<Q>::max();
  if (r.a_zero_points.size != 0 || r.b_zero_points.size != 0) return false;
  if (r.zero_point < kMin || r.zero_point > kMax || r.min > r.max || r.min > kMax || r.max < kMin) return false;
  return IsUsualOneOrEach(r.scales, c.cols, Range(c)) && IsUsualEachOrNone(r.bias, c.cols, Range(c));
}
template <class Q>
HWY_INLINE bool IsUsual(const FixedPointRequantization&, const MatrixView<Q>&) {
  return false;
}

template <class A, class Q, class P, class CheckRule, class Function>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                            const P& r, const MatrixView<Q>& c, CheckRule check_rule,
                                            Function multiply) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  const Written out("c", c);
  ISOQUANT_RETURN_IF_ERROR(CheckRequantization(r, c, out, check_rule));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(r.a_zero_points, ISOQUANT_NAMES(requantization.a_zero_points), {"a.rows", a.rows}, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(r.b_zero_points, ISOQUANT_NAMES(requantization.b_zero_points), {"b's N", b.n()}, out));
  return MultiplyChecked(context, a, b, r, r.a_zero_points.size != 0, c, multiply);
}

// Small products take the short way, as in matmul.cc.
template <class A, class Q, class P, class CheckRule, class Function>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const P& r,
                                   const MatrixView<Q>& c, CheckRule check_rule, Function multiply) {
  if (HWY_LIKELY(!c.empty() && AreUsual(a, b, c) && IsUsual(r, c))) return multiply(context, a, b, r, c);
  return CheckAndMultiplyUnusual(context, a, b, r, c, check_rule, multiply);
}

// rows(sums, requantization, c, begin, end) does a part of the rows.
template <class Q, class P, class CheckRule, class Function>
Status CheckAndRequantize(Context& context, const MatrixView<const int32_t>& sums, const P& requantization,
                          const MatrixView<Q>& c, CheckRule check_rule, Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(sums, ISOQUANT_NAMES(sums), c, ISOQUANT_NAMES(c)));
  ISOQUANT_RETURN_IF_ERROR(CheckRequantization(requantization, c, Written("c", c), check_rule));
  ISOQUANT_RETURN_IF_ERROR(
      CheckEqual("requantization.a_zero_points.size", requantization.a_zero_points.size, "that of none", 0));
  ISOQUANT_RETURN_IF_ERROR(
      CheckEqual("requantization.b_zero_points.size", requantization.b_zero_points.size, "that of none", 0));
  if (c.empty()) return Status();
  ForEachPart(context, c.rows, c.cols, 1, [&](size_t begin, size_t end) { rows(sums, requantization, c, begin, end); });
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_REQUANTIZATION_H_
