// Support: the check of a FloatOutput.
#ifndef ISOQUANT_SRC_FLOAT_OUTPUT_H_
#define ISOQUANT_SRC_FLOAT_OUTPUT_H_

#include <cstdint>

#include "isoquant/element_type.h"
#include "isoquant/float_matmul.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"
#include "src/check.h"
#include "src/each.h"

namespace isoquant {

// `column`: what there is one of for each column. `out`: what is written.
Status CheckFloatOutput(const FloatOutput& output, const Each& column, const Written& out);

// Operands by check_operands(view), then the output. `view` is c, as a MatrixView of float, or of uint16_t for any type
// of 16 bits.
template <class F>
Status CheckWithFloatOutput(const WeightsRef& b, const FloatOutput& output, const FloatMatrix& c,
                            const F& check_operands) {
  const auto check = [&](const auto& view) {
    ISOQUANT_RETURN_IF_ERROR(check_operands(view));
    return CheckFloatOutput(output, {"b's N", b.n()}, Written("c", view));
  };
  return c.type == ElementType::kF32 ? check(c.As<float>()) : check(c.As<uint16_t>());
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FLOAT_OUTPUT_H_
