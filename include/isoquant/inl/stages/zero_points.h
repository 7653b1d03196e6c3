// Stages: what a product's sums lack where operands have zero points. The same type for all targets.
#ifndef ISOQUANT_INL_STAGES_ZERO_POINTS_H_
#define ISOQUANT_INL_STAGES_ZERO_POINTS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/matrix_view.h"

namespace isoquant {

// With a sum over k of a(m, k) p(k, n), where p = b - b_offset is what the panels hold, and zp = zb - b_offset:
//   t = sum over k of (a(m, k) - za[m]) (b(k, n) - zb[n])
//     = sum - za[m] (column_sums[n] - K zp[n]) - zp[n] row_sums[m],          modulo 2^32.
struct ZeroPointTerm {
  VectorView<const int32_t> a;  // za: M, or 1 for all rows, or empty for zero
  VectorView<const int32_t> b;  // zb: N, or 1 for all columns, or empty for zero
  int32_t b_offset;
  size_t k;
  const int32_t* column_sums;  // of panels. Not read if a is empty
  // Those of a tile's rows are there when the tile comes to the stage. Null: each zp is zero.
  const int32_t* row_sums;
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_STAGES_ZERO_POINTS_H_
