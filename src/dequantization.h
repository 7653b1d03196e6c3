// Support: checks of a Dequantization.
#ifndef ISOQUANT_SRC_DEQUANTIZATION_H_
#define ISOQUANT_SRC_DEQUANTIZATION_H_

#include "hwy/base.h"
#include "isoquant/dequantize.h"
#include "isoquant/status.h"
#include "src/each.h"
#include "src/finish.h"

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

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DEQUANTIZATION_H_
