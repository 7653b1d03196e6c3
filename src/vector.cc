// Operation: two vectors to one, element by element: checks, once per call, then dispatches.
#include "isoquant/vector.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/vectors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/vector.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/vector_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void MinF32(const float* a, const float* b, size_t n, float* y) { Combine<MinOp>(a, b, n, y); }
HWY_NOINLINE void MinS8(const int8_t* a, const int8_t* b, size_t n, int8_t* y) { Combine<MinOp>(a, b, n, y); }
HWY_NOINLINE void MinU8(const uint8_t* a, const uint8_t* b, size_t n, uint8_t* y) { Combine<MinOp>(a, b, n, y); }
HWY_NOINLINE void MaxF32(const float* a, const float* b, size_t n, float* y) { Combine<MaxOp>(a, b, n, y); }
HWY_NOINLINE void MaxS8(const int8_t* a, const int8_t* b, size_t n, int8_t* y) { Combine<MaxOp>(a, b, n, y); }
HWY_NOINLINE void MaxU8(const uint8_t* a, const uint8_t* b, size_t n, uint8_t* y) { Combine<MaxOp>(a, b, n, y); }
HWY_NOINLINE void AddVectorsF32(const float* a, const float* b, size_t n, float* y) { Combine<AddOp>(a, b, n, y); }
HWY_NOINLINE void AddS8(const int8_t* a, const int8_t* b, size_t n, int8_t* y) { Combine<AddOp>(a, b, n, y); }
HWY_NOINLINE void AddU8(const uint8_t* a, const uint8_t* b, size_t n, uint8_t* y) { Combine<AddOp>(a, b, n, y); }
HWY_NOINLINE void AddSaturatedS8(const int8_t* a, const int8_t* b, size_t n, int8_t* y) {
  Combine<AddSaturatedOp>(a, b, n, y);
}
HWY_NOINLINE void AddSaturatedU8(const uint8_t* a, const uint8_t* b, size_t n, uint8_t* y) {
  Combine<AddSaturatedOp>(a, b, n, y);
}
HWY_NOINLINE void AddMulF32(const float* a, const float* b, size_t n, float* acc) { AddMulInto(a, b, n, acc); }
HWY_NOINLINE void AddMulF64(const double* a, const double* b, size_t n, double* acc) { AddMulInto(a, b, n, acc); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(MinF32);
HWY_EXPORT(MinS8);
HWY_EXPORT(MinU8);
HWY_EXPORT(MaxF32);
HWY_EXPORT(MaxS8);
HWY_EXPORT(MaxU8);
HWY_EXPORT(AddVectorsF32);
HWY_EXPORT(AddS8);
HWY_EXPORT(AddU8);
HWY_EXPORT(AddSaturatedS8);
HWY_EXPORT(AddSaturatedU8);
HWY_EXPORT(AddMulF32);
HWY_EXPORT(AddMulF64);

template <class T, class Function>
Status Run(Context& context, const VectorView<const T>& a, const VectorView<const T>& b, const VectorView<T>& y,
           const ViewNames& y_names, Function part) {
  ISOQUANT_RETURN_IF_ERROR(CheckTwo(a, b));
  ISOQUANT_RETURN_IF_ERROR(CheckOutput(a, b, y, y_names));
  ForEachVectorPart(context, a.size, [&](size_t begin, size_t end) {
    part(a.data + begin, b.data + begin, end - begin, y.data + begin);
  });
  return Status();
}

}  // namespace

Status Min(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
           const VectorView<float>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MinF32));
}
Status Min(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
           const VectorView<int8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MinS8));
}
Status Min(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
           const VectorView<uint8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MinU8));
}
Status Max(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
           const VectorView<float>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MaxF32));
}
Status Max(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
           const VectorView<int8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MaxS8));
}
Status Max(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
           const VectorView<uint8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, MaxU8));
}
Status Add(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
           const VectorView<float>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, AddVectorsF32));
}
Status Add(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
           const VectorView<int8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, AddS8));
}
Status Add(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
           const VectorView<uint8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, AddU8));
}
Status AddSaturated(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b,
                    const VectorView<int8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, AddSaturatedS8));
}
Status AddSaturated(Context& context, const VectorView<const uint8_t>& a, const VectorView<const uint8_t>& b,
                    const VectorView<uint8_t>& y) {
  return Run(context, a, b, y, ISOQUANT_NAMES(y), ISOQUANT_DISPATCH(context, AddSaturatedU8));
}
Status AddMul(Context& context, const VectorView<const float>& a, const VectorView<const float>& b,
              const VectorView<float>& acc) {
  return Run(context, a, b, acc, ISOQUANT_NAMES(acc), ISOQUANT_DISPATCH(context, AddMulF32));
}
Status AddMul(Context& context, const VectorView<const double>& a, const VectorView<const double>& b,
              const VectorView<double>& acc) {
  return Run(context, a, b, acc, ISOQUANT_NAMES(acc), ISOQUANT_DISPATCH(context, AddMulF64));
}

}  // namespace isoquant
#endif  // HWY_ONCE
