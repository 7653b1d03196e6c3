// Operation: MatMulBatch to floats and to 8-bit integers: checks, once per call, then runs the batch.
#include "isoquant/batch.h"
#include "src/batch.h"
#include "src/batch_check.h"
#include "src/dequantization.h"
#include "src/requantization.h"

namespace isoquant {
namespace {

auto RuleOf(const Requantization&) { return &CheckScales; }
auto RuleOf(const FixedPointRequantization&) { return &CheckMultipliers; }

template <class C>
Status Check(const BatchSpan& a, const WeightsBatch& b, const PerProduct<Dequantization>& dequantization,
             const MatrixBatch<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckBatch(a, b, c, ElementType::kS8));
  return CheckParameters(dequantization, "dequantization.size", "dequantization.data", c,
                         [&](const Dequantization& d, const Written& out) {
                           return CheckDequantization(d, {"a.rows", a.rows}, {"b's N", c.cols}, out);
                         });
}

// R: Requantization or FixedPointRequantization.
template <class R, class C>
Status Check(const BatchSpan& a, const WeightsBatch& b, const PerProduct<R>& requantization, const MatrixBatch<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckBatch(a, b, c, ElementType::kS8));
  return CheckParameters(requantization, "requantization.size", "requantization.data", c,
                         [&](const R& r, const Written& out) {
                           ISOQUANT_RETURN_IF_ERROR(CheckRequantization(r, c.At(0), out, RuleOf(r)));
                           ISOQUANT_RETURN_IF_ERROR(CheckOneOrEachOrNone(
                               r.a_zero_points, ISOQUANT_NAMES(requantization.a_zero_points), {"a.rows", a.rows}, out));
                           return CheckOneOrEachOrNone(r.b_zero_points, ISOQUANT_NAMES(requantization.b_zero_points),
                                                       {"b's N", c.cols}, out);
                         });
}

StageMaker<int32_t>::Make FindMaker(Context& context, const PerProduct<Dequantization>&, ElementType c) {
  return FindDequantizer(context, c);
}
StageMaker<int32_t>::Make FindMaker(Context& context, const PerProduct<Requantization>&, ElementType c) {
  return FindRequantizer(context, c);
}
StageMaker<int32_t>::Make FindMaker(Context& context, const PerProduct<FixedPointRequantization>&, ElementType c) {
  return FindFixedPoint(context, c);
}

ZeroPoints ZeroPointsOf(const Dequantization& d) { return {d.row_zero_points, d.column_zero_points}; }
template <class R>
ZeroPoints ZeroPointsOf(const R& r) {
  return {r.a_zero_points, r.b_zero_points};
}

template <class A, class P, class C>
Status Multiply(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, const PerProduct<P>& parameters,
                const MatrixBatch<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(Check(a, b, parameters, c));
  if (c.empty()) return Status();
  StagedBatch<P, C> stages(FindMaker(context, parameters, kElementType<C>), parameters, c);
  for (size_t i = 0; i < parameters.size(); ++i) stages.needed.Add(b, ZeroPointsOf(parameters.At(i)));
  return RunStagedBatch(context, a, b, stages);
}

}  // namespace

#define ISOQUANT_MATMUL_BATCH(A, PARAMETERS, C)                                              \
  Status MatMulBatch(Context& context, const MatrixBatch<const A>& a, const WeightsBatch& b, \
                     const PerProduct<PARAMETERS>& parameters, const MatrixBatch<C>& c) {    \
    return Multiply(context, a, b, parameters, c);                                           \
  }
ISOQUANT_MATMUL_BATCH(int8_t, Dequantization, float)
ISOQUANT_MATMUL_BATCH(int8_t, Dequantization, BFloat16)
ISOQUANT_MATMUL_BATCH(int8_t, Dequantization, Float16)
ISOQUANT_MATMUL_BATCH(uint8_t, Dequantization, float)
ISOQUANT_MATMUL_BATCH(uint8_t, Dequantization, BFloat16)
ISOQUANT_MATMUL_BATCH(uint8_t, Dequantization, Float16)
ISOQUANT_MATMUL_BATCH(int8_t, Requantization, int8_t)
ISOQUANT_MATMUL_BATCH(int8_t, Requantization, uint8_t)
ISOQUANT_MATMUL_BATCH(uint8_t, Requantization, int8_t)
ISOQUANT_MATMUL_BATCH(uint8_t, Requantization, uint8_t)
ISOQUANT_MATMUL_BATCH(int8_t, FixedPointRequantization, int8_t)
ISOQUANT_MATMUL_BATCH(int8_t, FixedPointRequantization, uint8_t)
ISOQUANT_MATMUL_BATCH(uint8_t, FixedPointRequantization, int8_t)
ISOQUANT_MATMUL_BATCH(uint8_t, FixedPointRequantization, uint8_t)
#undef ISOQUANT_MATMUL_BATCH

}  // namespace isoquant
