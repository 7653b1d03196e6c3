// Operation: AveragePool2d and GlobalAveragePool: checks, once per call, then dispatches.
#include <algorithm>
#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/pool_call.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/average_pool.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/pool_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void AveragePoolS8(const PoolCall<int8_t>& call, size_t begin, size_t end) {
  PoolBlocks<false>(call, begin, end);
}
HWY_NOINLINE void AveragePoolU8(const PoolCall<uint8_t>& call, size_t begin, size_t end) {
  PoolBlocks<false>(call, begin, end);
}
HWY_NOINLINE void AveragePoolF32(const PoolCall<float>& call, size_t begin, size_t end) {
  PoolBlocks<false>(call, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(AveragePoolS8);
HWY_EXPORT(AveragePoolU8);
HWY_EXPORT(AveragePoolF32);

template <class T, class Function>
Status CheckAndAveragePool(Context& context, const PoolCall<T>& call, Function pool) {
  constexpr size_t kMostPixels = size_t{1} << 23;  // sums of so many bytes are s32
  const Conv2dGeometry& g = call.geometry;
  ISOQUANT_RETURN_IF_ERROR(CheckPool(call.x, g, call.y));
  if (g.kernel_h > kMostPixels / g.kernel_w) {
    return Status(StatusCode::kTooLarge, "geometry.kernel_h", g.kernel_h, "what kernel_w leaves of 2^23",
                  kMostPixels / g.kernel_w);
  }
  PoolCall<T> exact = call;
  if constexpr (std::is_integral<T>::value) {
    ISOQUANT_RETURN_IF_ERROR(CheckImageZeroPoint<T>("pooling.zero_point", call.pooling.zero_point));
  } else {
    exact.pooling.zero_point = 0;
  }
  return Pool(context, exact, pool);
}

// The geometry of one window that is the image. An image without pixels has a window of padding.
Conv2dGeometry WholeImage(size_t h, size_t w) {
  Conv2dGeometry g;
  g.kernel_h = std::max<size_t>(h, 1);
  g.kernel_w = std::max<size_t>(w, 1);
  g.pad_bottom = h == 0 ? 1 : 0;
  g.pad_right = w == 0 ? 1 : 0;
  return g;
}

}  // namespace

#define ISOQUANT_POOL(T, FUNCTION)                                                                                   \
  Status AveragePool2d(Context& context, const ImageView<const T>& x, const Conv2dGeometry& geometry,                \
                       const ImageView<T>& y, const AveragePooling& pooling) {                                       \
    return CheckAndAveragePool(context, PoolCall<T>{x, geometry, y, pooling}, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }                                                                                                                  \
  Status GlobalAveragePool(Context& context, const ImageView<const T>& x, const ImageView<T>& y) {                   \
    return AveragePool2d(context, x, WholeImage(x.h, x.w), y);                                                       \
  }
ISOQUANT_POOL(int8_t, AveragePoolS8)
ISOQUANT_POOL(uint8_t, AveragePoolU8)
ISOQUANT_POOL(float, AveragePoolF32)
#undef ISOQUANT_POOL

}  // namespace isoquant
#endif  // HWY_ONCE
