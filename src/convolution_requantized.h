// Support: what convolutions to 8-bit integers share: checks, and what of a requantization belongs to a group.
#ifndef ISOQUANT_SRC_CONVOLUTION_REQUANTIZED_H_
#define ISOQUANT_SRC_CONVOLUTION_REQUANTIZED_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/convolution.h"
#include "src/convolution_call.h"
#include "src/requantization.h"

namespace isoquant {

// What only one of the two rules has, for `count` output channels from `begin` on.
inline void SliceRule(Requantization& r, size_t begin, size_t count) { r.scales = SliceOf(r.scales, begin, count); }
inline void SliceRule(FixedPointRequantization& r, size_t begin, size_t count) {
  r.multipliers = SliceOf(r.multipliers, begin, count);
  r.shifts = SliceOf(r.shifts, begin, count);
}

// `P` and `check_rule` as in requantization.h. convolve(context, rows, panels, r, c) makes the outputs of a group.
template <class A, class Q, class P, class CheckRule, class Function>
Status CheckAndConvolve(Context& context, const ImageView<const A>& x, const PackedFilter& filter,
                        const P& requantization, const ImageView<Q>& y, CheckRule check_rule, Function convolve) {
  ISOQUANT_RETURN_IF_ERROR(CheckConvolution(x, filter, y));
  const Written out("y", BytesBetween(y));
  const Each output{"filter.out_channels()", filter.out_channels()};
  constexpr EndNames kNames{"the smallest value of y's type", "the largest value of y's type"};
  ISOQUANT_RETURN_IF_ERROR(CheckRequantization<Q>(requantization, output, kNames, out, check_rule));
  ISOQUANT_RETURN_IF_ERROR(
      CheckImageZeroPoint<A>(requantization.a_zero_points, ISOQUANT_NAMES(requantization.a_zero_points), out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(requantization.b_zero_points, ISOQUANT_NAMES(requantization.b_zero_points), output, out));
  if (y.empty()) return Status();
  P r = requantization;
  const int32_t zero_point = r.a_zero_points.size == 0 ? 0 : *r.a_zero_points.data;
  if (zero_point == 0) r.a_zero_points = {};
  const ProductCut cut{NeedsRowSums(filter, r.b_zero_points)};
  return ForEachProduct(
      x, static_cast<A>(zero_point), filter, cut, y,
      [&](const ConvolutionRows<A>& rows, const PackedPanels& panels, size_t column, const MatrixView<Q>& c) {
        P of_group = r;
        SliceRule(of_group, column, c.cols);
        of_group.bias = SliceOf(r.bias, column, c.cols);
        of_group.b_zero_points = SliceOf(r.b_zero_points, column, c.cols);
        return convolve(context, rows, panels, of_group, c);
      });
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_CONVOLUTION_REQUANTIZED_H_
