// Support: the check of a FloatOutput.
#ifndef ISOQUANT_SRC_FLOAT_OUTPUT_H_
#define ISOQUANT_SRC_FLOAT_OUTPUT_H_

#include "isoquant/float_matmul.h"
#include "isoquant/status.h"
#include "src/check.h"
#include "src/each.h"

namespace isoquant {

// `column`: what there is one of for each column. `out`: what is written.
Status CheckFloatOutput(const FloatOutput& output, const Each& column, const Written& out);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FLOAT_OUTPUT_H_
