// Support: Linear with checked arguments, for x of any type.
#ifndef ISOQUANT_SRC_LINEAR_CALL_H_
#define ISOQUANT_SRC_LINEAR_CALL_H_

#include "isoquant/context.h"
#include "isoquant/float_matrix.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/linear.h"
#include "isoquant/status.h"

namespace isoquant {

struct LinearCall {
  Context& context;
  const FloatMatrix& x;
  const LinearLayer& layer;
  const RowParameters& parameters;  // zero points for kAsymmetricU8 alone
  const FloatMatrix* residual;      // or null
  const FloatMatrix& y;
};

Status LinearOfBf16(const LinearCall& call);
Status LinearOfF16(const LinearCall& call);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_LINEAR_CALL_H_
