// Operation: Linear: checks, once per call, then for each block of rows quantises and multiplies.
#include "isoquant/linear.h"

#include <algorithm>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/quantize.h"
#include "src/check.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// `q`: quantised rows, of signed or (zero_points != null) unsigned type.
Status MultiplyQuantized(Context& context, const void* q, const float* scales, const int32_t* zero_points,
                         const LinearLayer& layer, const MatrixView<float>& y) {
  const PackedPanels& b = layer.weights->panels();
  const ScaleBiasActivate stage{scales,
                                zero_points,
                                b.column_sums,
                                layer.column_scales.data,
                                layer.bias.size == 0 ? nullptr : layer.bias.data,
                                layer.activation == Activation::kRelu,
                                y};
  if (zero_points != nullptr) {
    return MatMulStage(context, MatrixView<const uint8_t>(static_cast<const uint8_t*>(q), y.rows, b.k), b, stage);
  }
  return MatMulStage(context, MatrixView<const int8_t>(static_cast<const int8_t*>(q), y.rows, b.k), b, stage);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MultiplyQuantized);

// Quantised rows are to be in L2 still when they are multiplied; but a block should fill several tiles.
constexpr size_t kBlockBytes = 512 * 1024;
constexpr size_t kMinBlockRows = 96;

Status CheckLinear(const MatrixView<const float>& x, const LinearLayer& layer, const MatrixView<float>& y) {
  if (layer.weights == nullptr) return Status(StatusCode::kNull, "layer.weights", 0, "weights", 1);
  const size_t k = layer.weights->k(), n = layer.weights->n();
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("x.cols", x.cols, "layer.weights' K", k));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.rows", y.rows, "x.rows", x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.cols", y.cols, "layer.weights' N", n));
  ISOQUANT_RETURN_IF_ERROR(
      CheckVector(layer.column_scales, ISOQUANT_NAMES(layer.column_scales), "layer.weights' N", n));
  if (layer.bias.size != 0) {
    ISOQUANT_RETURN_IF_ERROR(CheckVector(layer.bias, ISOQUANT_NAMES(layer.bias), "layer.weights' N", n));
  }
  ISOQUANT_RETURN_IF_ERROR(CheckView(x, ISOQUANT_NAMES(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckView(y, ISOQUANT_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("y", Bytes(y), "x", Bytes(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("y", Bytes(y), "layer.column_scales", Bytes(layer.column_scales)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("y", Bytes(y), "layer.bias", Bytes(layer.bias)));
  const PackedPanels& b = layer.weights->panels();
  const Bytes panels(b.panels, PackedPanels::NumPanels(n) * PackedPanels::PanelBytes(k));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("y", Bytes(y), "layer.weights", panels));
  return CheckDisjoint("y", Bytes(y), "layer.weights", Bytes(b.column_sums, n * sizeof(int32_t)));
}

constexpr size_t RoundUpTo64(size_t bytes) { return (bytes + 63) / 64 * 64; }

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
  const bool symmetric = layer.quantization == RowQuantization::kSymmetricS8;

  for (size_t row = 0; row < x.rows; row += block) {
    const size_t rows = std::min(block, x.rows - row);
    const MatrixView<const float> x_block = x.Rows(row, rows);
    if (symmetric) {
      const MatrixView<int8_t> q(reinterpret_cast<int8_t*>(scratch), rows, k);
      ISOQUANT_RETURN_IF_ERROR(QuantizeRows(context, x_block, q, {scales, rows}));
    } else {
      const MatrixView<uint8_t> q(scratch, rows, k);
      ISOQUANT_RETURN_IF_ERROR(QuantizeRows(context, x_block, q, {scales, rows}, {zero_points, rows}));
    }
    const MatrixView<float> y_block = y.Rows(row, rows);
    ISOQUANT_RETURN_IF_ERROR(ISOQUANT_DISPATCH(context, MultiplyQuantized)(
        context, scratch, scales, symmetric ? nullptr : zero_points, layer, y_block));
  }
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
