// Operation: MaxPool2d: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "src/pool_call.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/max_pool.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/pool_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void MaxPoolS8(const PoolCall<int8_t>& call, size_t begin, size_t end) {
  PoolBlocks<true>(call, begin, end);
}
HWY_NOINLINE void MaxPoolU8(const PoolCall<uint8_t>& call, size_t begin, size_t end) {
  PoolBlocks<true>(call, begin, end);
}
HWY_NOINLINE void MaxPoolF32(const PoolCall<float>& call, size_t begin, size_t end) {
  PoolBlocks<true>(call, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(MaxPoolS8);
HWY_EXPORT(MaxPoolU8);
HWY_EXPORT(MaxPoolF32);

template <class T, class Function>
Status CheckAndMaxPool(Context& context, const PoolCall<T>& call, Function pool) {
  ISOQUANT_RETURN_IF_ERROR(CheckPool(call.x, call.geometry, call.y));
  return Pool(context, call, pool);
}

}  // namespace

#define ISOQUANT_POOL(T, FUNCTION)                                                                          \
  Status MaxPool2d(Context& context, const ImageView<const T>& x, const Conv2dGeometry& geometry,           \
                   const ImageView<T>& y) {                                                                 \
    return CheckAndMaxPool(context, PoolCall<T>{x, geometry, y, {}}, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }
ISOQUANT_POOL(int8_t, MaxPoolS8)
ISOQUANT_POOL(uint8_t, MaxPoolU8)
ISOQUANT_POOL(float, MaxPoolF32)
#undef ISOQUANT_POOL

}  // namespace isoquant
#endif  // HWY_ONCE
