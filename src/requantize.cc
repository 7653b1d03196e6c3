// Operation: MatMul to 8-bit integers, and Requantize: checks, once per call, then dispatches.
#include "isoquant/requantize.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/batch.h"
#include "src/requantization.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/requantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/requantize-inl.h"
#include "src/run_requantized-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One name each, for HWY_EXPORT.
#define ISOQUANT_MULTIPLY(NAME, A, Q)                                                                       \
  Status NAME(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Requantization& r, \
              const MatrixView<Q>& c) {                                                                     \
    return RunRequantized<RequantizeStage>(context, RowSource<A>(a), b, r, c);                              \
  }
ISOQUANT_MULTIPLY(MultiplyS8S8, int8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyS8U8, int8_t, uint8_t)
ISOQUANT_MULTIPLY(MultiplyU8S8, uint8_t, int8_t)
ISOQUANT_MULTIPLY(MultiplyU8U8, uint8_t, uint8_t)
#undef ISOQUANT_MULTIPLY

void RequantizeBatchS8(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                       const StageUser<int32_t>& use) {
  MakeRequantized<RequantizeStage, Requantization, int8_t>(maker, product, b, use);
}
void RequantizeBatchU8(const StageMaker<int32_t>& maker, size_t product, const WeightsRef& b,
                       const StageUser<int32_t>& use) {
  MakeRequantized<RequantizeStage, Requantization, uint8_t>(maker, product, b, use);
}

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void RequantizeS8(const MatrixView<const int32_t>& sums, const Requantization& r,
                               const MatrixView<int8_t>& c, size_t begin, size_t end) {
  RequantizeRows<RequantizeStage>(sums, r, c, begin, end);
}
HWY_NOINLINE void RequantizeU8(const MatrixView<const int32_t>& sums, const Requantization& r,
                               const MatrixView<uint8_t>& c, size_t begin, size_t end) {
  RequantizeRows<RequantizeStage>(sums, r, c, begin, end);
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
HWY_EXPORT(RequantizeBatchS8);
HWY_EXPORT(RequantizeBatchU8);

}  // namespace

Status CheckScales(const Requantization& requantization, const Each& column, const Written& out) {
  return CheckOneOrEach(requantization.scales, ISOQUANT_NAMES(requantization.scales), column, out);
}

#define ISOQUANT_MATMUL(A, Q, FUNCTION)                                                                           \
  Status MatMul(Context& context, const MatrixView<const A>& a, const WeightsRef& b,                              \
                const Requantization& requantization, const MatrixView<Q>& c) {                                   \
    return CheckAndMultiply(context, a, b, requantization, c, CheckScales, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }
ISOQUANT_MATMUL(int8_t, int8_t, MultiplyS8S8)
ISOQUANT_MATMUL(int8_t, uint8_t, MultiplyS8U8)
ISOQUANT_MATMUL(uint8_t, int8_t, MultiplyU8S8)
ISOQUANT_MATMUL(uint8_t, uint8_t, MultiplyU8U8)
#undef ISOQUANT_MATMUL

Status Requantize(Context& context, const MatrixView<const int32_t>& sums, const Requantization& requantization,
                  const MatrixView<int8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, CheckScales, ISOQUANT_DISPATCH(context, RequantizeS8));
}

Status Requantize(Context& context, const MatrixView<const int32_t>& sums, const Requantization& requantization,
                  const MatrixView<uint8_t>& c) {
  return CheckAndRequantize(context, sums, requantization, c, CheckScales, ISOQUANT_DISPATCH(context, RequantizeU8));
}

StageMaker<int32_t>::Make FindRequantizer(Context& context, ElementType c) {
  return c == ElementType::kS8 ? ISOQUANT_DISPATCH(context, RequantizeBatchS8)
                               : ISOQUANT_DISPATCH(context, RequantizeBatchU8);
}

}  // namespace isoquant
#endif  // HWY_ONCE
