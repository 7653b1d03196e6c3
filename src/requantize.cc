// Operation: MatMul to 8-bit integers, and Requantize: checks, once per call, then dispatches.
#include "isoquant/requantize.h"

#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/requantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/requantize-inl.h"
#include "src/engine.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end).
template <class Q>
void RequantizeRows(const MatrixView<const int32_t>& sums, const Requantization& r, const MatrixView<Q>& c,
                    size_t begin, size_t end) {
  const RequantizeStage<Q> stage(r, nullptr, c);
  stage.run(stage, begin, end - begin, 0, sums.cols, sums.Row(begin), sums.row_stride);
}

// With zero points of b, a stage in front of the other makes t.
template <class A, class Q>
HWY_INLINE Status RunRequantized(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                 const Requantization& r, const MatrixView<Q>& c) {
  const bool is_corrected = HasZeroPoints(b, r.b_zero_points);
  const RequantizeStage<Q> stage(r, is_corrected ? nullptr : ColumnSumsOf(b), c);
  if (is_corrected) return RunWithZeroPoints(context, a, b, {r.a_zero_points, r.b_zero_points}, stage);
  return RunEngine(context, a, b, StageRef<int32_t>(stage));
}

// One name each, for HWY_EXPORT.
#define ISOQUANT_MULTIPLY(NAME, A, Q)                                                                       \
  Status NAME(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Requantization& r, \
              const MatrixView<Q>& c) {                                                                     \
    return RunRequantized(context, a, b, r, c);                                                             \
  }
ISOQUANT_MULTIPLY(MultiplyS8S8, int8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyS8U8, int8_t, uint8_t)
ISOQUANT_MULTIPLY(MultiplyU8S8, uint8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyU8U8, uint8_t, uint8_t)
#undef ISOQUANT_MULTIPLY

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void RequantizeS8(const MatrixView<const int32_t>& sums, const Requantization& r,
                               const MatrixView<int8_t>& c, size_t begin, size_t end) {
  RequantizeRows(sums, r, c, begin, end);
}
HWY_NOINLINE void RequantizeU8(const MatrixView<const int32_t>& sums, const Requantization& r,
                               const MatrixView<uint8_t>& c, size_t begin, size_t end) {
  RequantizeRows(sums, r, c, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(MultiplyS8S8);
HWY_EXPORT(MultiplyS8U8);
HWY_EXPORT(MultiplyU8S8);
HWY_EXPORT(MultiplyU8U8);
HWY_EXPORT(RequantizeS8);
HWY_EXPORT(RequantizeU8);

template <class Q>
Status CheckRequantization(const Requantization& requantization, const MatrixView<Q>& c, const Written& out) {
  constexpr int32_t kMin = std::numeric_limits<Q>::min(), kMax = std::numeric_limits<Q>::max();
  constexpr const char *kSmallest = "the smallest value of c's type", *kLargest = "the largest value of c's type";
  const Each column{"c.cols", c.cols};
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(requantization.scales, ISOQUANT_NAMES(requantization.scales), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckEachOrNone(requantization.bias, ISOQUANT_NAMES(requantization.bias), column, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckZeroPoint<Q>("requantization.zero_point", requantization.zero_point, kSmallest, kLargest));
  const int32_t min = requantization.min, max = requantization.max;
  if (min > max) return Status::InvalidValue("requantization.min", min, "requantization.max", max);
  if (min > kMax) return Status::InvalidValue("requantization.min", min, kLargest, kMax);
  if (max < kMin) return Status::InvalidValue("requantization.max", max, kSmallest, kMin);
  return Status();
}

template <class A, class Q, class Function>
Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Requantization& r,
                        const MatrixView<Q>& c, Function multiply) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  const Written out("c", c);
  ISOQUANT_RETURN_IF_ERROR(CheckRequantization(r, c, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(r.a_zero_points, ISOQUANT_NAMES(requantization.a_zero_points), {"a.rows", a.rows}, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(r.b_zero_points, ISOQUANT_NAMES(requantization.b_zero_points), {"b's N", b.n()}, out));
  return MultiplyChecked(context, a, b, r, r.a_zero_points.size != 0, c, multiply);
}

template <class Q, class Function>
Status CheckAndRequantize(Context& context, const MatrixView<const int32_t>& sums, const Requantization& requantization,
                          const MatrixView<Q>& c, Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(sums, ISOQUANT_NAMES(sums), c, ISOQUANT_NAMES(c)));
  ISOQUANT_RETURN_IF_ERROR(CheckRequantization(requantization, c, Written("c", c)));
  ISOQUANT_RETURN_IF_ERROR(
      CheckEqual("requantization.a_zero_points.size", requantization.a_zero_points.size, "that of none", 0));
  ISOQUANT_RETURN_IF_ERROR(
      CheckEqual("requantization.b_zero_points.size", requantization.b_zero_points.size, "that of none", 0));
  if (c.empty()) return Status();
  ForEachPart(context, c.rows, c.cols, 1, [&](size_t begin, size_t end) { rows(sums, requantization, c, begin, end); });
  return Status();
}

}  // namespace

#define ISOQUANT_MATMUL(A, Q, FUNCTION)                                                              \
  Status MatMul(Context& context, const MatrixView<const A>& a, const WeightsRef& b,                 \
                const Requantization& requantization, const MatrixView<Q>& c) {                      \
    return CheckAndMultiply(context, a, b, requantization, c, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }
ISOQUANT_MATMUL(int8_t, int8_t, MultiplyS8S8)
ISOQUANT_MATMUL(int8_t, uint8_t, MultiplyS8U8)
ISOQUANT_MATMUL(uint8_t, int8_t, MultiplyU8S8)
ISOQUANT_MATMUL(uint8_t, uint8_t, MultiplyU8U8)
#undef ISOQUANT_MATMUL

Status Requantize(Context& context, const MatrixView<const int32_t>& sums, const Requantization& requantization,
                  const MatrixView<int8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, ISOQUANT_DISPATCH(context, RequantizeS8));
}

Status Requantize(Context& context, const MatrixView<const int32_t>& sums, const Requantization& requantization,
                  const MatrixView<uint8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, ISOQUANT_DISPATCH(context, RequantizeU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
