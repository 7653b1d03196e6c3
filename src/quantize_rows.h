// Support: QuantizeRows without its checks, for operations that have checked x and own the rest.
#ifndef ISOQUANT_SRC_QUANTIZE_ROWS_H_
#define ISOQUANT_SRC_QUANTIZE_ROWS_H_

#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

void QuantizeCheckedRows(Context& context, const MatrixView<const float>& x, const MatrixView<int8_t>& q,
                         float* scales);
void QuantizeCheckedRows(Context& context, const MatrixView<const float>& x, const MatrixView<uint8_t>& q,
                         float* scales, int32_t* zero_points);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_QUANTIZE_ROWS_H_
