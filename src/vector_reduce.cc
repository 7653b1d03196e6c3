// Operation: a vector to a number, and floats' dot products: checks, once per call, then dispatches.
#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/vector.h"
#include "src/vectors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/vector_reduce.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/vector_ops-inl.h"
#include "isoquant/inl/isa/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The sum of bytes.
template <class T>
int32_t SumOfBytes(const T* x, size_t n) {
  int32_t sum = 0;
  SumRows(MatrixView<const T>(x, 1, n), {0, 1}, &sum);
  return sum;
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void DotF32(const float* a, const float* b, size_t n, float& result) { result = DotOfFloats(a, b, n); }
HWY_NOINLINE void DotBf16(const BFloat16* a, const BFloat16* b, size_t n, float& result) {
  result = DotOfFloats(a, b, n);
}
HWY_NOINLINE void ReduceMinF32(const float* x, size_t n, float& result) {
  result = ExtremeOfFloats(DF32(), x, n, 0.0f);
}
HWY_NOINLINE void ReduceMaxF32(const float* x, size_t n, float& result) {
  result = ExtremeOfFloats(DF32(), x, n, -0.0f);
}
HWY_NOINLINE void ReduceSumF32(const float* x, size_t n, float& result) {
  result = OneNaNOf(Sum(n, AddElements<float>{x}));
}
HWY_NOINLINE void ReduceMinS8(const int8_t* x, size_t n, int8_t& result) {
  result = ReduceElements<MinOp>(hn::CappedTag<int8_t, 64>(), x, n, (std::numeric_limits<int8_t>::max)());
}
HWY_NOINLINE void ReduceMaxS8(const int8_t* x, size_t n, int8_t& result) {
  result = ReduceElements<MaxOp>(hn::CappedTag<int8_t, 64>(), x, n, (std::numeric_limits<int8_t>::min)());
}
HWY_NOINLINE void ReduceSumS8(const int8_t* x, size_t n, int32_t& result) { result = SumOfBytes(x, n); }
HWY_NOINLINE void ReduceMinU8(const uint8_t* x, size_t n, uint8_t& result) {
  result = ReduceElements<MinOp>(hn::CappedTag<uint8_t, 64>(), x, n, (std::numeric_limits<uint8_t>::max)());
}
HWY_NOINLINE void ReduceMaxU8(const uint8_t* x, size_t n, uint8_t& result) {
  result = ReduceElements<MaxOp>(hn::CappedTag<uint8_t, 64>(), x, n, (std::numeric_limits<uint8_t>::min)());
}
HWY_NOINLINE void ReduceSumU8(const uint8_t* x, size_t n, int32_t& result) { result = SumOfBytes(x, n); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(DotF32);
HWY_EXPORT(DotBf16);
HWY_EXPORT(ReduceMinF32);
HWY_EXPORT(ReduceMinS8);
HWY_EXPORT(ReduceMinU8);
HWY_EXPORT(ReduceMaxF32);
HWY_EXPORT(ReduceMaxS8);
HWY_EXPORT(ReduceMaxU8);
HWY_EXPORT(ReduceSumF32);
HWY_EXPORT(ReduceSumS8);
HWY_EXPORT(ReduceSumU8);

template <class T, class Result, class Function>
Status Reduce(const VectorView<const T>& x, Result& result, Function reduce) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(x, ISOQUANT_NAMES(x), "x.size", x.size));
  const ScopedFloatEnvironment environment;
  reduce(x.data, x.size, result);
  return Status();
}

template <class T, class Function>
Status RunDot(const VectorView<const T>& a, const VectorView<const T>& b, float& result, Function dot) {
  ISOQUANT_RETURN_IF_ERROR(CheckTwo(a, b));
  const ScopedFloatEnvironment environment;
  dot(a.data, b.data, a.size, result);
  return Status();
}

}  // namespace

Status Dot(Context& context, const VectorView<const float>& a, const VectorView<const float>& b, float& result) {
  return RunDot(a, b, result, ISOQUANT_DISPATCH(context, DotF32));
}
Status Dot(Context& context, const VectorView<const BFloat16>& a, const VectorView<const BFloat16>& b, float& result) {
  return RunDot(a, b, result, ISOQUANT_DISPATCH(context, DotBf16));
}
Status ReduceMin(Context& context, const VectorView<const float>& x, float& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMinF32));
}
Status ReduceMin(Context& context, const VectorView<const int8_t>& x, int8_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMinS8));
}
Status ReduceMin(Context& context, const VectorView<const uint8_t>& x, uint8_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMinU8));
}
Status ReduceMax(Context& context, const VectorView<const float>& x, float& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMaxF32));
}
Status ReduceMax(Context& context, const VectorView<const int8_t>& x, int8_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMaxS8));
}
Status ReduceMax(Context& context, const VectorView<const uint8_t>& x, uint8_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceMaxU8));
}
Status ReduceSum(Context& context, const VectorView<const float>& x, float& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceSumF32));
}
Status ReduceSum(Context& context, const VectorView<const int8_t>& x, int32_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceSumS8));
}
Status ReduceSum(Context& context, const VectorView<const uint8_t>& x, int32_t& result) {
  return Reduce(x, result, ISOQUANT_DISPATCH(context, ReduceSumU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
