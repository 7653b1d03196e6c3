// Operation: Linear: checks, once per call, then for each block of rows quantises and multiplies.
#include "isoquant/linear.h"

#include <algorithm>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"
#include "src/quantize_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/dequantize-inl.h"
#include "src/engine.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status MultiplyS8(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  const DequantizeStage stage(d, b.column_sums, c);
  return RunEngine(context, a, b, StageRef(stage));
}
Status MultiplyU8(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b, const Dequantization& d,
                  const MatrixView<float>& c) {
  const DequantizeStage stage(d, b.column_sums, c);
  return RunEngine(context, a, b, StageRef(stage));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MultiplyS8);
HWY_EXPORT(MultiplyU8);
HWY_EXPORT(EngineScratchS8);
HWY_EXPORT(EngineScratchU8);

// Quantised rows are to be in L2 still when they are multiplied; but a block should fill several tiles.
constexpr size_t kBlockBytes = 512 * 1024;
constexpr size_t kMinBlockRows = 96;

Status CheckLinear(const MatrixView<const float>& x, const LinearLayer& layer, const MatrixView<float>& y) {
  if (layer.weights == nullptr) return Status(StatusCode::kNull, "layer.weights", 0, "weights", 1);
  const WeightsRef weights(*layer.weights);
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(
      x, weights, y,
      {ISOQUANT_NAMES(x), ISOQUANT_NAMES(layer.weights), ISOQUANT_NAMES(y), "layer.weights' K", "layer.weights' N"}));
  const Each column{"layer.weights' N", weights.n()};
  const Written out("y", y);
  ISOQUANT_RETURN_IF_ERROR(CheckEach(layer.column_scales, ISOQUANT_NAMES(layer.column_scales), column, out));
  return CheckEachOrNone(layer.bias, ISOQUANT_NAMES(layer.bias), column, out);
}

constexpr size_t RoundUpTo64(size_t bytes) { return (bytes + 63) / 64 * 64; }

// Lets the driver's scratch grow to what blocks of `rows` and of `last_rows` take, so that no block fails when outputs
// of others have been written.
template <class Q, class Function>
Status GrowScratch(Context& context, Q* q, size_t rows, size_t last_rows, const PackedPanels& b, Function bytes_of) {
  const size_t bytes = std::max(bytes_of(context, MatrixView<const Q>(q, rows, b.k), b),
                                bytes_of(context, MatrixView<const Q>(q, last_rows, b.k), b));
  const bool has_grown = context.Scratch(Context::ScratchOwner::kDriver, bytes) != nullptr;
  return has_grown ? Status() : Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
}

}  // namespace

Status Linear(Context& context, MatrixView<const float> x, const LinearLayer& layer, MatrixView<float> y) {
  ISOQUANT_RETURN_IF_ERROR(CheckLinear(x, layer, y));
  if (y.empty()) return Status();
  const size_t k = x.cols;
  const size_t block = std::min(x.rows, std::max(kBlockBytes / (k + 1), kMinBlockRows * context.NumWorkers()));
  const size_t q_bytes = RoundUpTo64(block * k), scale_bytes = RoundUpTo64(block * sizeof(float));
  const size_t bytes = q_bytes + 2 * scale_bytes;
  uint8_t* scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  float* scales = reinterpret_cast<float*>(scratch + q_bytes);
  int32_t* zero_points = reinterpret_cast<int32_t*>(scratch + q_bytes + scale_bytes);
  const PackedPanels& b = layer.weights->panels();
  const bool is_signed = layer.quantization == RowQuantization::kSymmetricS8;
  int8_t* const q_s8 = reinterpret_cast<int8_t*>(scratch);
  uint8_t* const q_u8 = scratch;
  if (block < x.rows) {
    const size_t last_rows = (x.rows - 1) % block + 1;
    ISOQUANT_RETURN_IF_ERROR(
        is_signed ? GrowScratch(context, q_s8, block, last_rows, b, ISOQUANT_DISPATCH(context, EngineScratchS8))
                  : GrowScratch(context, q_u8, block, last_rows, b, ISOQUANT_DISPATCH(context, EngineScratchU8)));
  }

  for (size_t row = 0; row < x.rows; row += block) {
    const size_t rows = std::min(block, x.rows - row);
    const MatrixView<const float> x_block = x.Rows(row, rows);
    const MatrixView<float> y_block = y.Rows(row, rows);
    Dequantization d{{scales, rows}, {}, layer.column_scales, layer.bias, layer.activation};
    if (is_signed) {
      const MatrixView<int8_t> q(q_s8, rows, k);
      QuantizeCheckedRows(context, x_block, q, scales);
      ISOQUANT_RETURN_IF_ERROR(ISOQUANT_DISPATCH(context, MultiplyS8)(context, q, b, d, y_block));
    } else {
      const MatrixView<uint8_t> q(q_u8, rows, k);
      QuantizeCheckedRows(context, x_block, q, scales, zero_points);
      d.row_zero_points = {zero_points, rows};
      ISOQUANT_RETURN_IF_ERROR(ISOQUANT_DISPATCH(context, MultiplyU8)(context, q, b, d, y_block));
    }
  }
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
