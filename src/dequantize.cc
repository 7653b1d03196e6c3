// Operation: dequantise 8-bit integers: checks, once per call, then dispatches. (Sums: matmul_dequantize.cc.)
#include "isoquant/dequantize.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"

#ifndef ISOQUANT_SRC_DEQUANTIZE_CC_
#define ISOQUANT_SRC_DEQUANTIZE_CC_
namespace isoquant {
namespace {
// How to dequantise. Without arrays scale and zero_point hold for the whole tensor; arrays replace them.
struct Scales {
  float scale;
  int32_t zero_point;
  const float* rows = nullptr;
  const int32_t* row_zero_points = nullptr;
  const float* columns = nullptr;
  const int32_t* column_zero_points = nullptr;
};

}  // namespace
}  // namespace isoquant
#endif  // ISOQUANT_SRC_DEQUANTIZE_CC_

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end).
template <class Q>
void DequantizePart(MatrixView<const Q> q, const Scales& scales, MatrixView<float> x, size_t begin, size_t end) {
  for (size_t r = begin; r < end; ++r) {
    RowScale s{scales.scale, scales.zero_point};
    if (scales.rows != nullptr) s = {scales.rows[r], scales.row_zero_points == nullptr ? 0 : scales.row_zero_points[r]};
    DequantizeRow(q.Row(r), q.cols, s, {scales.columns, scales.column_zero_points}, x.Row(r));
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void DequantizeS8(MatrixView<const int8_t> q, const Scales& scales, MatrixView<float> x, size_t begin,
                               size_t end) {
  DequantizePart(q, scales, x, begin, end);
}
HWY_NOINLINE void DequantizeU8(MatrixView<const uint8_t> q, const Scales& scales, MatrixView<float> x, size_t begin,
                               size_t end) {
  DequantizePart(q, scales, x, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(DequantizeS8);
HWY_EXPORT(DequantizeU8);

// `given_scales` and `given_zero_points` are the arrays of `scales`: x must not overlap them.
template <class Q, class Function>
Status DequantizeAny(Context& context, const MatrixView<const Q>& q, const Scales& scales, const MatrixView<float>& x,
                     const Range& given_scales, const Range& given_zero_points, Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(q, ISOQUANT_NAMES(q), x, ISOQUANT_NAMES(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("x", x, "scales", given_scales));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("x", x, "zero_points", given_zero_points));
  ForEachPart(context, q.rows, q.cols, 1, [&](size_t begin, size_t end) { function(q, scales, x, begin, end); });
  return Status();
}

// Zero points may be none.
template <class Q, class Function>
Status DequantizeEachRow(Context& context, const MatrixView<const Q>& q, const VectorView<const float>& scales,
                         const VectorView<const int32_t>& zero_points, const MatrixView<float>& x, Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "q.rows", q.rows));
  Scales all{0.0f, 0};
  all.rows = scales.data;
  all.row_zero_points = zero_points.size == 0 ? nullptr : zero_points.data;
  return DequantizeAny(context, q, all, x, Range(scales), Range(zero_points), function);
}

template <class Q, class Function>
Status DequantizeEachColumn(Context& context, const MatrixView<const Q>& q, const VectorView<const float>& scales,
                            const VectorView<const int32_t>& zero_points, const MatrixView<float>& x,
                            Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "q.cols", q.cols));
  Scales all{0.0f, 0};
  all.columns = scales.data;
  all.column_zero_points = zero_points.size == 0 ? nullptr : zero_points.data;
  return DequantizeAny(context, q, all, x, Range(scales), Range(zero_points), function);
}

}  // namespace

Status Dequantize(Context& context, MatrixView<const int8_t> q, float scale, int32_t zero_point, MatrixView<float> x) {
  return DequantizeAny(context, q, Scales{scale, zero_point}, x, Range(), Range(),
                       ISOQUANT_DISPATCH(context, DequantizeS8));
}

Status Dequantize(Context& context, MatrixView<const uint8_t> q, float scale, int32_t zero_point, MatrixView<float> x) {
  return DequantizeAny(context, q, Scales{scale, zero_point}, x, Range(), Range(),
                       ISOQUANT_DISPATCH(context, DequantizeU8));
}

Status DequantizeRows(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                      MatrixView<float> x) {
  return DequantizeEachRow(context, q, scales, {}, x, ISOQUANT_DISPATCH(context, DequantizeS8));
}

Status DequantizeRows(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                      VectorView<const int32_t> zero_points, MatrixView<float> x) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(zero_points, ISOQUANT_NAMES(zero_points), "q.rows", q.rows));
  return DequantizeEachRow(context, q, scales, zero_points, x, ISOQUANT_DISPATCH(context, DequantizeS8));
}

Status DequantizeRows(Context& context, MatrixView<const uint8_t> q, VectorView<const float> scales,
                      VectorView<const int32_t> zero_points, MatrixView<float> x) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(zero_points, ISOQUANT_NAMES(zero_points), "q.rows", q.rows));
  return DequantizeEachRow(context, q, scales, zero_points, x, ISOQUANT_DISPATCH(context, DequantizeU8));
}

Status DequantizeColumns(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                         MatrixView<float> x) {
  return DequantizeEachColumn(context, q, scales, {}, x, ISOQUANT_DISPATCH(context, DequantizeS8));
}

Status DequantizeColumns(Context& context, MatrixView<const int8_t> q, VectorView<const float> scales,
                         VectorView<const int32_t> zero_points, MatrixView<float> x) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(zero_points, ISOQUANT_NAMES(zero_points), "q.cols", q.cols));
  return DequantizeEachColumn(context, q, scales, zero_points, x, ISOQUANT_DISPATCH(context, DequantizeS8));
}

Status DequantizeColumns(Context& context, MatrixView<const uint8_t> q, VectorView<const float> scales,
                         VectorView<const int32_t> zero_points, MatrixView<float> x) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(zero_points, ISOQUANT_NAMES(zero_points), "q.cols", q.cols));
  return DequantizeEachColumn(context, q, scales, zero_points, x, ISOQUANT_DISPATCH(context, DequantizeU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
