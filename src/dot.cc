// Operation: dot products of bytes: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/vector.h"
#include "src/vectors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/dot.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/isa/dot-inl.h"
#include "isoquant/inl/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// What CallWithBest calls with a policy.
template <class A>
struct RunDot {
  const A* a;
  const int8_t* b;
  size_t n;

  template <class P>
  HWY_INLINE int32_t operator()(P) const {
    return P::Run(a, b, n);
  }
};

// One name each, for HWY_EXPORT.
int32_t DotU8(Context& context, const uint8_t* a, const int8_t* b, size_t n) {
  return CallWithBest(DotPolicies<uint8_t>(), context, 1, n, 1, RunDot<uint8_t>{a, b, n});
}
int32_t DotS8(Context& context, const int8_t* a, const int8_t* b, size_t n) {
  return CallWithBest(DotPolicies<int8_t>(), context, 1, n, 1, RunDot<int8_t>{a, b, n});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(DotU8);
HWY_EXPORT(DotS8);

}  // namespace

Status Dot(Context& context, const VectorView<const uint8_t>& a, const VectorView<const int8_t>& b, int32_t& result) {
  ISOQUANT_RETURN_IF_ERROR(CheckTwo(a, b));
  result = ISOQUANT_DISPATCH(context, DotU8)(context, a.data, b.data, a.size);
  return Status();
}

Status Dot(Context& context, const VectorView<const int8_t>& a, const VectorView<const int8_t>& b, int32_t& result) {
  ISOQUANT_RETURN_IF_ERROR(CheckTwo(a, b));
  result = ISOQUANT_DISPATCH(context, DotS8)(context, a.data, b.data, a.size);
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
