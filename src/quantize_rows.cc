// Operation: quantise rows, each by its own values: checks, once per call, then dispatches.
#include <algorithm>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/quantize.h"
#include "src/elementwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/quantize_rows.cc"
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
void QuantizeRowsPart(MatrixView<const float> x, MatrixView<Q> q, float* scales, int32_t* zero_points, size_t begin,
                      size_t end) {
  for (size_t r = begin; r < end; ++r) {
    const RowScale s = QuantizeRowDynamic(x.Row(r), x.cols, q.Row(r), x.Row(std::min(r + 1, end - 1)));
    scales[r] = s.scale;
    if (zero_points != nullptr) zero_points[r] = s.zero_point;
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void QuantizeRowsS8(MatrixView<const float> x, MatrixView<int8_t> q, float* scales, size_t begin,
                                 size_t end) {
  QuantizeRowsPart(x, q, scales, nullptr, begin, end);
}
HWY_NOINLINE void QuantizeRowsU8(MatrixView<const float> x, MatrixView<uint8_t> q, float* scales, int32_t* zero_points,
                                 size_t begin, size_t end) {
  QuantizeRowsPart(x, q, scales, zero_points, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(QuantizeRowsS8);
HWY_EXPORT(QuantizeRowsU8);

}  // namespace

Status QuantizeRows(Context& context, MatrixView<const float> x, MatrixView<int8_t> q, VectorView<float> scales) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "x.rows", x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "x", x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "q", q));
  const auto rows = ISOQUANT_DISPATCH(context, QuantizeRowsS8);
  ForEachPart(context, x.rows, x.cols, 1, [&](size_t begin, size_t end) { rows(x, q, scales.data, begin, end); });
  return Status();
}

Status QuantizeRows(Context& context, MatrixView<const float> x, MatrixView<uint8_t> q, VectorView<float> scales,
                    VectorView<int32_t> zero_points) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "x.rows", x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(zero_points, ISOQUANT_NAMES(zero_points), "x.rows", x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "x", x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "q", q));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("zero_points", zero_points, "x", x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("zero_points", zero_points, "q", q));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("zero_points", zero_points, "scales", scales));
  const auto rows = ISOQUANT_DISPATCH(context, QuantizeRowsU8);
  ForEachPart(context, x.rows, x.cols, 1,
              [&](size_t begin, size_t end) { rows(x, q, scales.data, zero_points.data, begin, end); });
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
