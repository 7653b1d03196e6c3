// Operation: MatMul to 8-bit integers by fixed-point multipliers, and Requantize: checks, once per call, then
// dispatches.
#include "isoquant/fixed_point.h"

#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/requantization.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/fixed_point.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/fixed_point-inl.h"
#include "src/run_requantized-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One name each, for HWY_EXPORT.
#define ISOQUANT_MULTIPLY(NAME, A, Q)                                                                                 \
  Status NAME(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const FixedPointRequantization& r, \
              const MatrixView<Q>& c) {                                                                               \
    return RunRequantized<FixedPointStage>(context, RowSource<A>(a), b, r, c);                                        \
  }
ISOQUANT_MULTIPLY(MultiplyS8S8, int8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyS8U8, int8_t, uint8_t)
ISOQUANT_MULTIPLY(MultiplyU8S8, uint8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyU8U8, uint8_t, uint8_t)
#undef ISOQUANT_MULTIPLY

void FixedPointBatchS8(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                       const StageUser<int32_t>& use) {
  MakeRequantized<FixedPointStage, FixedPointRequantization, int8_t>(maker, product, b, use);
}
void FixedPointBatchU8(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                       const StageUser<int32_t>& use) {
  MakeRequantized<FixedPointStage, FixedPointRequantization, uint8_t>(maker, product, b, use);
}

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void RequantizeS8(const MatrixView<const int32_t>& sums, const FixedPointRequantization& r,
                               const MatrixView<int8_t>& c, size_t begin, size_t end) {
  RequantizeRows<FixedPointStage>(sums, r, c, begin, end);
}
HWY_NOINLINE void RequantizeU8(const MatrixView<const int32_t>& sums, const FixedPointRequantization& r,
                               const MatrixView<uint8_t>& c, size_t begin, size_t end) {
  RequantizeRows<FixedPointStage>(sums, r, c, begin, end);
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
HWY_EXPORT(FixedPointBatchS8);
HWY_EXPORT(FixedPointBatchU8);

}  // namespace

Status CheckMultipliers(const FixedPointRequantization& requantization, const Each& column, const Written& out) {
  const VectorView<const int32_t>& multipliers = requantization.multipliers;
  const VectorView<const int8_t>& shifts = requantization.shifts;
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(multipliers, ISOQUANT_NAMES(requantization.multipliers), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEach(shifts, ISOQUANT_NAMES(requantization.shifts), column, out));
  ISOQUANT_RETURN_IF_ERROR(CheckValues(multipliers, "requantization.multipliers[i]", "the smallest multiplier", 0,
                                       "the largest multiplier", std::numeric_limits<int32_t>::max()));
  ISOQUANT_RETURN_IF_ERROR(
      CheckValues(shifts, "requantization.shifts[i]", "the smallest shift", -31, "the largest shift", 30));
  if (requantization.rounding > FixedPointRounding::kSingle) {
    return Status::InvalidValue("requantization.rounding", static_cast<double>(requantization.rounding),
                                "the last FixedPointRounding", static_cast<double>(FixedPointRounding::kSingle));
  }
  return Status();
}

#define ISOQUANT_MATMUL(A, Q, FUNCTION)                                                                                \
  Status MatMul(Context& context, const MatrixView<const A>& a, const WeightsRef& b,                                   \
                const FixedPointRequantization& requantization, const MatrixView<Q>& c) {                              \
    return CheckAndMultiply(context, a, b, requantization, c, CheckMultipliers, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }
ISOQUANT_MATMUL(int8_t, int8_t, MultiplyS8S8)
ISOQUANT_MATMUL(int8_t, uint8_t, MultiplyS8U8)
ISOQUANT_MATMUL(uint8_t, int8_t, MultiplyU8S8)
ISOQUANT_MATMUL(uint8_t, uint8_t, MultiplyU8U8)
#undef ISOQUANT_MATMUL

Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                  const FixedPointRequantization& requantization, const MatrixView<int8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, CheckMultipliers,
                            ISOQUANT_DISPATCH(context, RequantizeS8));
}

Status Requantize(Context& context, const MatrixView<const int32_t>& sums,
                  const FixedPointRequantization& requantization, const MatrixView<uint8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, CheckMultipliers,
                            ISOQUANT_DISPATCH(context, RequantizeU8));
}

StageMaker<int32_t>::Make FindFixedPoint(Context& context, ElementType c) {
  return c == ElementType::kS8 ? ISOQUANT_DISPATCH(context, FixedPointBatchS8)
                               : ISOQUANT_DISPATCH(context, FixedPointBatchU8);
}

}  // namespace isoquant
#endif  // HWY_ONCE
