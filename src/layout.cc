// Operation: NchwToNhwc and NhwcToNchw: checks, once per call, then dispatches.
#include "isoquant/layout.h"

#include <algorithm>
#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/image.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/layout.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/layout-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One name each, for HWY_EXPORT.
void TransposeBytes(const uint8_t* from, size_t from_stride, size_t rows, size_t cols, uint8_t* to, size_t to_stride) {
  Transpose(from, from_stride, rows, cols, to, to_stride);
}
void TransposeWords(const uint32_t* from, size_t from_stride, size_t rows, size_t cols, uint32_t* to,
                    size_t to_stride) {
  Transpose(from, from_stride, rows, cols, to, to_stride);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(TransposeBytes);
HWY_EXPORT(TransposeWords);

template <class T>
using WordOf = std::conditional_t<sizeof(T) == 1, uint8_t, uint32_t>;
template <class T>
const WordOf<T>* Words(const T* data) {
  return reinterpret_cast<const WordOf<T>*>(data);
}
template <class T>
WordOf<T>* Words(T* data) {
  return reinterpret_cast<WordOf<T>*>(data);
}

template <class T, class U>
Status CheckLayouts(const T& x, const ImageNames& x_names, const U& y, const ImageNames& y_names) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.n", y.n, "x.n", x.n));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.h", y.h, "x.h", x.h));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.w", y.w, "x.w", x.w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.c", y.c, "x.c", x.c));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(x, x_names));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(y, y_names));
  return CheckApart("y", y, "x", x);
}

// Calls run(image, row, first, count) for runs of pixels, on the Context's workers. Where the rows of both lie behind
// one another without gaps, a plane is one row.
template <class T, class U, class Run>
void ForEachRun(Context& context, const PlanarView<T>& planes, const ImageView<U>& pixels, const Run& run) {
  constexpr size_t kRun = 64;  // pixels
  const bool one_row =
      planes.h == 1 || (planes.row_stride == planes.w && pixels.row_stride == pixels.w * pixels.pixel_stride);
  const size_t h = one_row ? 1 : planes.h, w = one_row ? planes.h * planes.w : planes.w, runs = (w + kRun - 1) / kRun;
  ForEachPart(context, planes.n * h * runs, std::min(w, kRun) * planes.c, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t first = i % runs * kRun;
      run(i / runs / h, i / runs % h, first, std::min(kRun, w - first));
    }
  });
}

template <class T, class Function>
Status ToPixels(Context& context, const PlanarView<const T>& x, const ImageView<T>& y, Function transpose) {
  ISOQUANT_RETURN_IF_ERROR(CheckLayouts(x, ISOQUANT_PLANAR_NAMES(x), y, ISOQUANT_IMAGE_NAMES(y)));
  if (y.empty()) return Status();
  ForEachRun(context, x, y, [&](size_t image, size_t row, size_t first, size_t count) {
    transpose(Words(x.data + image * x.image_stride + row * x.row_stride + first), x.plane_stride, x.c, count,
              Words(y.Pixel(image, row, first)), y.pixel_stride);
  });
  return Status();
}

template <class T, class Function>
Status ToPlanes(Context& context, const ImageView<const T>& x, const PlanarView<T>& y, Function transpose) {
  ISOQUANT_RETURN_IF_ERROR(CheckLayouts(x, ISOQUANT_IMAGE_NAMES(x), y, ISOQUANT_PLANAR_NAMES(y)));
  if (x.empty()) return Status();
  ForEachRun(context, y, x, [&](size_t image, size_t row, size_t first, size_t count) {
    transpose(Words(x.Pixel(image, row, first)), x.pixel_stride, count, x.c,
              Words(y.data + image * y.image_stride + row * y.row_stride + first), y.plane_stride);
  });
  return Status();
}

}  // namespace

#define ISOQUANT_LAYOUT(T, FUNCTION)                                                         \
  Status NchwToNhwc(Context& context, const PlanarView<const T>& x, const ImageView<T>& y) { \
    return ToPixels(context, x, y, ISOQUANT_DISPATCH(context, FUNCTION));                    \
  }                                                                                          \
  Status NhwcToNchw(Context& context, const ImageView<const T>& x, const PlanarView<T>& y) { \
    return ToPlanes(context, x, y, ISOQUANT_DISPATCH(context, FUNCTION));                    \
  }
ISOQUANT_LAYOUT(int8_t, TransposeBytes)
ISOQUANT_LAYOUT(uint8_t, TransposeBytes)
ISOQUANT_LAYOUT(float, TransposeWords)
#undef ISOQUANT_LAYOUT

}  // namespace isoquant
#endif  // HWY_ONCE
