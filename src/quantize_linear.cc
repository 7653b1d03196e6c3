// Operation: quantise by division, as ONNX has it: checks, once per call, then dispatches.
#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/quantize.h"
#include "src/each.h"
#include "src/elementwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/quantize_linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class Q>
HWY_INLINE void DivideRow(const float* x, size_t n, RowScale s, Q* q) {
  QuantizeRow<false, Scaling::kByDivision>(x, n, s, std::numeric_limits<Q>::min(), std::numeric_limits<Q>::max(), q, x);
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, because code that runs under a float environment must not move out of
// it.
template <class Q>
void DivideTensor(const MatrixView<const float>& x, float scale, int32_t zero_point, const MatrixView<Q>& q) {
  for (size_t r = 0; r < x.rows; ++r) DivideRow(x.Row(r), x.cols, {scale, zero_point}, q.Row(r));
}
HWY_NOINLINE void DivideTensorS8(const MatrixView<const float>& x, float scale, int32_t zero_point,
                                 const MatrixView<int8_t>& q) {
  DivideTensor(x, scale, zero_point, q);
}
HWY_NOINLINE void DivideTensorU8(const MatrixView<const float>& x, float scale, int32_t zero_point,
                                 const MatrixView<uint8_t>& q) {
  DivideTensor(x, scale, zero_point, q);
}

// Rows [begin, end). Zero points may be null.
template <class Q>
void DivideRows(const MatrixView<const float>& x, const float* scales, const int32_t* zero_points,
                const MatrixView<Q>& q, size_t begin, size_t end) {
  for (size_t r = begin; r < end; ++r) {
    DivideRow(x.Row(r), x.cols, {scales[r], zero_points == nullptr ? 0 : zero_points[r]}, q.Row(r));
  }
}
template <class Q>
void DivideColumns(const MatrixView<const float>& x, const float* scales, const int32_t* zero_points,
                   const MatrixView<Q>& q, size_t begin, size_t end) {
  for (size_t r = begin; r < end; ++r) QuantizeRowByColumns(x.Row(r), x.cols, scales, zero_points, q.Row(r));
}
#define ISOQUANT_DIVIDE(NAME, FUNCTION, Q)                                                                  \
  HWY_NOINLINE void NAME(const MatrixView<const float>& x, const float* scales, const int32_t* zero_points, \
                         const MatrixView<Q>& q, size_t begin, size_t end) {                                \
    FUNCTION(x, scales, zero_points, q, begin, end);                                                        \
  }
ISOQUANT_DIVIDE(DivideRowsS8, DivideRows, int8_t)
ISOQUANT_DIVIDE(DivideRowsU8, DivideRows, uint8_t)
ISOQUANT_DIVIDE(DivideColumnsS8, DivideColumns, int8_t)
ISOQUANT_DIVIDE(DivideColumnsU8, DivideColumns, uint8_t)
#undef ISOQUANT_DIVIDE

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(DivideTensorS8);
HWY_EXPORT(DivideTensorU8);
HWY_EXPORT(DivideRowsS8);
HWY_EXPORT(DivideRowsU8);
HWY_EXPORT(DivideColumnsS8);
HWY_EXPORT(DivideColumnsU8);

constexpr const char *kSmallest = "the smallest value of q's type", *kLargest = "the largest value of q's type";

template <class Q, class Function>
Status QuantizeTensor(Context& context, const MatrixView<const float>& x, float scale, int32_t zero_point,
                      const MatrixView<Q>& q, Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckZeroPoint<Q>("zero_point", zero_point, kSmallest, kLargest));
  ForEachElementPart(context, x, q, [&](const MatrixView<const float>& from, const MatrixView<Q>& to) {
    function(from, scale, zero_point, to);
  });
  return Status();
}

// `each` tells how many scales there must be.
template <class Q, class Function>
Status QuantizeEach(Context& context, const MatrixView<const float>& x, const VectorView<const float>& scales,
                    const VectorView<const int32_t>& zero_points, const MatrixView<Q>& q, const Each& each,
                    Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  const Written out("q", q);
  ISOQUANT_RETURN_IF_ERROR(CheckEach(scales, ISOQUANT_NAMES(scales), each, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(zero_points, ISOQUANT_NAMES(zero_points), each, out));
  ISOQUANT_RETURN_IF_ERROR(CheckValues(zero_points, "zero_points[i]", kSmallest, std::numeric_limits<Q>::min(),
                                       kLargest, std::numeric_limits<Q>::max()));
  const int32_t* const points = zero_points.size == 0 ? nullptr : zero_points.data;
  ForEachPart(context, x.rows, x.cols, 1,
              [&](size_t begin, size_t end) { function(x, scales.data, points, q, begin, end); });
  return Status();
}

}  // namespace

#define ISOQUANT_QUANTIZE(Q, SUFFIX)                                                                           \
  Status QuantizeLinear(Context& context, MatrixView<const float> x, float scale, int32_t zero_point,          \
                        MatrixView<Q> q) {                                                                     \
    return QuantizeTensor(context, x, scale, zero_point, q, ISOQUANT_DISPATCH(context, DivideTensor##SUFFIX)); \
  }                                                                                                            \
  Status QuantizeLinearRows(Context& context, MatrixView<const float> x, VectorView<const float> scales,       \
                            VectorView<const int32_t> zero_points, MatrixView<Q> q) {                          \
    return QuantizeEach(context, x, scales, zero_points, q, {"x.rows", x.rows},                                \
                        ISOQUANT_DISPATCH(context, DivideRows##SUFFIX));                                       \
  }                                                                                                            \
  Status QuantizeLinearColumns(Context& context, MatrixView<const float> x, VectorView<const float> scales,    \
                               VectorView<const int32_t> zero_points, MatrixView<Q> q) {                       \
    return QuantizeEach(context, x, scales, zero_points, q, {"x.cols", x.cols},                                \
                        ISOQUANT_DISPATCH(context, DivideColumns##SUFFIX));                                    \
  }
ISOQUANT_QUANTIZE(int8_t, S8)
ISOQUANT_QUANTIZE(uint8_t, U8)
#undef ISOQUANT_QUANTIZE

}  // namespace isoquant
#endif  // HWY_ONCE
