// Support: the one instance of driver and kernels that all operations of the library share, for each target. Include it
// within foreach_target. The engine_*.cc define what it declares, for some targets each.

// Per-target include guard.
#if defined(ISOQUANT_SRC_ENGINE_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_ENGINE_H_
#undef ISOQUANT_SRC_ENGINE_H_
#else
#define ISOQUANT_SRC_ENGINE_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/float_types.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {

// A library with a part of the operations is compiled with ISOQUANT_ONLY_LINEAR and lacks what that part does not call:
// integer products to int32, stages of float sums, and batches.

// C = [C +] A B.
Status MatMulS8(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate);
Status MatMulU8(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                bool accumulate);
Status MatMulF32(Context& context, const MatrixView<const float>& a, const WeightsRef& b, const MatrixView<float>& c,
                 bool accumulate);
Status MatMulBf16(Context& context, const MatrixView<const BFloat16>& a, const WeightsRef& b,
                  const MatrixView<float>& c, bool accumulate);
// The same of rows from any source.
Status MatMulRows(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                  bool accumulate);
Status MatMulRows(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                  bool accumulate);
Status MatMulRows(Context& context, const RowSource<float>& a, const WeightsRef& b, const MatrixView<float>& c,
                  bool accumulate);
Status MatMulRows(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, const MatrixView<float>& c,
                  bool accumulate);

// The stage runs for all outputs of A B.
Status RunEngine(Context& context, const RowSource<int8_t>& a, const WeightsRef& b, StageRef<int32_t> stage);
Status RunEngine(Context& context, const RowSource<uint8_t>& a, const WeightsRef& b, StageRef<int32_t> stage);
Status RunEngine(Context& context, const RowSource<float>& a, const WeightsRef& b, StageRef<float> stage);
Status RunEngine(Context& context, const RowSource<BFloat16>& a, const WeightsRef& b, StageRef<float> stage);

// The same for each product of a batch.
Status RunBatchS8(Context& context, const Products<int8_t, int32_t>& products);
Status RunBatchU8(Context& context, const Products<uint8_t, int32_t>& products);
Status RunBatchF32(Context& context, const Products<float, float>& products);
Status RunBatchBf16(Context& context, const Products<BFloat16, float>& products);

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
