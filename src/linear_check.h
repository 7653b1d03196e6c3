// Support: checks of Linear, for x and y of any type, and the memory that it needs.
#ifndef ISOQUANT_SRC_LINEAR_CHECK_H_
#define ISOQUANT_SRC_LINEAR_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/linear.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "src/finish.h"
#include "src/operands.h"

namespace isoquant {

// The residual may be y.
template <class Y>
HWY_NOINLINE Status CheckResidual(const MatrixView<const Y>& residual, const MatrixView<Y>& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.rows", residual.rows, "y.rows", y.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.cols", residual.cols, "y.cols", y.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckView(residual, ISOQUANT_NAMES(residual)));
  if (residual.data == y.data && (residual.row_stride == y.row_stride || y.rows <= 1)) return Status();
  return CheckDisjoint("y", y, "residual", residual);
}

// X and Y: float, or uint16_t for any type of 16 bits.
template <class X, class Y>
HWY_NOINLINE Status CheckLinear(const MatrixView<const X>& x, const LinearLayer& layer,
                                const MatrixView<const Y>* residual, const MatrixView<Y>& y) {
  if (layer.weights == nullptr) return Status(StatusCode::kNull, "layer.weights", 0, "weights", 1);
  const WeightsRef weights(*layer.weights);
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(
      x, weights, y,
      {ISOQUANT_NAMES(x), ISOQUANT_NAMES(layer.weights), ISOQUANT_NAMES(y), "layer.weights' K", "layer.weights' N"}));
  const Each column{"layer.weights' N", weights.n()};
  const Written out("y", y);
  ISOQUANT_RETURN_IF_ERROR(CheckEach(layer.column_scales, ISOQUANT_NAMES(layer.column_scales), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(layer.bias, ISOQUANT_NAMES(layer.bias), column, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(layer.column_zero_points, ISOQUANT_NAMES(layer.column_zero_points), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckFinish(layer, "layer.activation", "layer.min", "layer.max"));
  return residual == nullptr ? Status() : CheckResidual(*residual, y);
}

// Whether a layer is as most are. Then CheckLinear, which takes longer than small products, finds nothing wrong.
template <class X, class Y>
HWY_INLINE bool IsUsualLinear(const MatrixView<const X>& x, const LinearLayer& layer, const MatrixView<Y>& y) {
  if (layer.weights == nullptr || layer.column_zero_points.size != 0 || NeedsFinish(layer)) return false;
  const PackedPanels& b = layer.weights->panels();
  return AreUsual(x, b, y) && IsUsualEach(layer.column_scales, b.n, Range(y)) &&
         IsUsualEachOrNone(layer.bias, b.n, Range(y));
}

// Memory for what becomes known of M rows: a float of each row, in whole lines, three times.
HWY_INLINE Status FindRowMemory(Context& context, size_t m, const LinearLayer& layer, RowParameters& parameters) {
  const size_t each = (m + 15) / 16 * 64, bytes = 3 * each;
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  parameters = {reinterpret_cast<float*>(scratch), reinterpret_cast<float*>(scratch + each), nullptr};
  if (layer.quantization != RowQuantization::kSymmetricS8) {
    parameters.zero_points = reinterpret_cast<int32_t*>(scratch + 2 * each);
  }
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_LINEAR_CHECK_H_
