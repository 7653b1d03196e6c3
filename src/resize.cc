// Operation: Resize2d: checks, once per call, then dispatches.
#include "isoquant/resize.h"

#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/resize_call.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/resize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/resize_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void ResizeS8(const ResizeCall<int8_t>& call, size_t begin, size_t end) {
  ResizeLinearRows<DF32>(call, begin, end);
}
HWY_NOINLINE void ResizeU8(const ResizeCall<uint8_t>& call, size_t begin, size_t end) {
  ResizeLinearRows<DF32>(call, begin, end);
}
HWY_NOINLINE void ResizeSixteenthsS8(const ResizeCall<int8_t>& call, size_t begin, size_t end) {
  ResizeLinearRows<DU16>(call, begin, end);
}
HWY_NOINLINE void ResizeSixteenthsU8(const ResizeCall<uint8_t>& call, size_t begin, size_t end) {
  ResizeLinearRows<DU16>(call, begin, end);
}
HWY_NOINLINE void ResizeF32(const ResizeCall<float>& call, size_t begin, size_t end) {
  ResizeLinearRows<DF32>(call, begin, end);
}
HWY_NOINLINE void ResizeAtOnce(const ResizeCall<float>& call, size_t begin, size_t end) {
  ResizeAtOnceRows(call, begin, end);
}
HWY_NOINLINE void ResizeBf16(const ResizeCall<BFloat16>& call, size_t begin, size_t end) {
  ResizeLinearRows<DF32>(call, begin, end);
}
HWY_NOINLINE void ResizeF16(const ResizeCall<Float16>& call, size_t begin, size_t end) {
  ResizeLinearRows<DF32>(call, begin, end);
}
// Bit by bit.
HWY_NOINLINE void ResizeNearest8(const ResizeCall<uint8_t>& call, size_t begin, size_t end) {
  ResizeNearestRows(call, begin, end);
}
HWY_NOINLINE void ResizeNearest16(const ResizeCall<uint16_t>& call, size_t begin, size_t end) {
  ResizeNearestRows(call, begin, end);
}
HWY_NOINLINE void ResizeNearest32(const ResizeCall<uint32_t>& call, size_t begin, size_t end) {
  ResizeNearestRows(call, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(ResizeS8);
HWY_EXPORT(ResizeU8);
HWY_EXPORT(ResizeSixteenthsS8);
HWY_EXPORT(ResizeSixteenthsU8);
HWY_EXPORT(ResizeF32);
HWY_EXPORT(ResizeBf16);
HWY_EXPORT(ResizeF16);
HWY_EXPORT(ResizeAtOnce);
HWY_EXPORT(ResizeNearest8);
HWY_EXPORT(ResizeNearest16);
HWY_EXPORT(ResizeNearest32);

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 1, uint8_t, std::conditional_t<sizeof(T) == 2, uint16_t, uint32_t>>;

template <class To, class T>
ImageView<To> AsBits(const ImageView<T>& v) {
  return {reinterpret_cast<To*>(v.data), v.n, v.h, v.w, v.c, v.pixel_stride, v.row_stride, v.image_stride};
}

template <class T, class Linear, class Nearest>
Status CheckAndResize(Context& context, const ImageView<const T>& x, const Resizing& resizing, const ImageView<T>& y,
                      Linear linear, Linear sixteenths, Nearest nearest) {
  using Bits = BitsOf<T>;
  ISOQUANT_RETURN_IF_ERROR(CheckResize(x, resizing, y));
  const ResizeAxis rows{x.h, y.h, resizing.scale_h, &resizing}, columns{x.w, y.w, resizing.scale_w, &resizing};
  if (resizing.mode == ResizeMode::kLinearAtOnce) {
    if constexpr (std::is_same<T, float>::value) {
      RunResize(context, ResizeCall<T>{x, y, rows, columns}, ISOQUANT_DISPATCH(context, ResizeAtOnce));
    } else {
      return Status::InvalidValue("resizing.mode", static_cast<double>(resizing.mode), "that of other types than f32",
                                  static_cast<double>(ResizeMode::kNearest));
    }
  } else if (resizing.mode == ResizeMode::kLinear) {
    const bool is_exact = std::is_integral<T>::value && AreSixteenths(rows) && AreSixteenths(columns);
    RunResize(context, ResizeCall<T>{x, y, rows, columns}, is_exact ? sixteenths : linear);
  } else {
    RunResize(context, ResizeCall<Bits>{AsBits<const Bits>(x), AsBits<Bits>(y), rows, columns}, nearest);
  }
  return Status();
}

}  // namespace

#define ISOQUANT_RESIZE(T, LINEAR, SIXTEENTHS, NEAREST)                                                             \
  Status Resize2d(Context& context, const ImageView<const T>& x, const Resizing& resizing, const ImageView<T>& y) { \
    return CheckAndResize(context, x, resizing, y, ISOQUANT_DISPATCH(context, LINEAR),                              \
                          ISOQUANT_DISPATCH(context, SIXTEENTHS), ISOQUANT_DISPATCH(context, NEAREST));             \
  }
ISOQUANT_RESIZE(int8_t, ResizeS8, ResizeSixteenthsS8, ResizeNearest8)
ISOQUANT_RESIZE(uint8_t, ResizeU8, ResizeSixteenthsU8, ResizeNearest8)
ISOQUANT_RESIZE(float, ResizeF32, ResizeF32, ResizeNearest32)
ISOQUANT_RESIZE(BFloat16, ResizeBf16, ResizeBf16, ResizeNearest16)
ISOQUANT_RESIZE(Float16, ResizeF16, ResizeF16, ResizeNearest16)
#undef ISOQUANT_RESIZE

}  // namespace isoquant
#endif  // HWY_ONCE
