// Operation: MatMul to int32: checks, once per call, then dispatches to the engine.
#include "isoquant/matmul.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/operands.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/engine.h"
#include "src/zero_points.h"

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MatMulS8);
HWY_EXPORT(MatMulU8);
HWY_EXPORT(MatMulZerosS8);
HWY_EXPORT(MatMulZerosU8);

Status Multiply(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulS8)(context, a, b, c, store == Store::kAccumulate);
}
Status Multiply(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                Store store) {
  return ISOQUANT_DISPATCH(context, MatMulU8)(context, a, b, c, store == Store::kAccumulate);
}

Status Multiply(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                const MatrixView<int32_t>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulZerosS8)(context, a, b, z, c, store == Store::kAccumulate);
}
Status Multiply(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
                const MatrixView<int32_t>& c, Store store) {
  return ISOQUANT_DISPATCH(context, MatMulZerosU8)(context, a, b, z, c, store == Store::kAccumulate);
}

// The arguments have been checked.
template <class A>
Status MultiplyZeros(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const ZeroPoints& z,
                     const MatrixView<int32_t>& c, Store store) {
  if (z.a.size == 0 && !HasZeroPoints(b, z.b)) return Multiply(context, a, b, c, store);
  return MultiplyChecked(
      context, a, b, z, z.a.size != 0, c,
      [store](Context& context_in, const MatrixView<const A>& a_in, const WeightsRef& b_in, const ZeroPoints& z_in,
              const MatrixView<int32_t>& c_in) { return Multiply(context_in, a_in, b_in, z_in, c_in, store); });
}

template <class A>
HWY_NOINLINE Status CheckAndMultiplyUnusual(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                            const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  return MultiplyZeros(context, a, b, ZeroPoints(), c, store);
}

template <class A>
Status CheckAndMultiplyZeros(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const ZeroPoints& z,
                             const MatrixView<int32_t>& c, Store store) {
  ISOQUANT_RETURN_IF_ERROR(CheckOperands(a, b, c));
  const Written out("c", c);
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEachOrNone(z.a, ISOQUANT_NAMES(z.a), {"a.rows", a.rows}, out));
  ISOQUANT_RETURN_IF_ERROR(CheckOneOrEachOrNone(z.b, ISOQUANT_NAMES(z.b), {"b's N", b.n()}, out));
  return MultiplyZeros(context, a, b, z, c, store);
}

// Small products take the short way: no Status before their own (20 instructions less of 109).
template <class A>
HWY_INLINE Status CheckAndMultiply(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                                   const MatrixView<int32_t>& c, Store store) {
  if (AreUsual(a, b, c)) return Multiply(context, a, b, c, store);
  return CheckAndMultiplyUnusual(context, a, b, c, store);
}

}  // namespace

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
              Store store) {
  return CheckAndMultiply(context, a, b, c, store);
}

Status MatMul(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const ZeroPoints& z,
              const MatrixView<int32_t>& c, Store store) {
  return CheckAndMultiplyZeros(context, a, b, z, c, store);
}

Status MatMul(Context& context, const MatrixView<const uint8_t>& a, const WeightsRef& b, const ZeroPoints& z,
              const MatrixView<int32_t>& c, Store store) {
  return CheckAndMultiplyZeros(context, a, b, z, c, store);
}

}  // namespace isoquant
#endif  // HWY_ONCE
