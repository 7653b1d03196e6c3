// Operation: Conv2d to floats: checks, once per call, then dispatches.
#include "isoquant/convolution.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "src/convolution_call.h"
#include "src/dequantization.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/convolution_dequantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "src/convolution_rows.h"
#include "src/depthwise.h"
#include "src/matmul_dequantize.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The sums of a depthwise convolution are corrected: the stage knows of no zero points.
template <class A, class Y>
HWY_INLINE Status RunDepthwiseStages(Context& context, const ImageWindows<A>& windows, const PackedPanels& panels,
                                     const Dequantization& d, const MatrixView<const Y>* residual,
                                     const MatrixView<Y>& c) {
  Status status;
  const auto run = [&](const AnyStage<int32_t>& any) {
    status = RunDepthwise(context, windows, panels, d.column_zero_points, *any.stage);
  };
  UseDequantizeStage(d, residual, c, StageUser<int32_t>(run));
  return status;
}

// One name each, for HWY_EXPORT.
#define ISOQUANT_CONVOLVE(NAME, A, Y)                                                                                \
  Status NAME(Context& context, const ConvolutionRows<A>& rows, const PackedPanels& panels, const Dequantization& d, \
              const MatrixView<const Y>* residual, const MatrixView<Y>& c) {                                         \
    if (rows.is_depthwise) return RunDepthwiseStages<A, Y>(context, rows.windows, panels, d, residual, c);           \
    return WithRows(rows, [&](const RowSource<A>& a) {                                                               \
      return RunDequantized<A, Y>(context, a, WeightsRef(panels), d, RowScales::kKnown, residual, c);                \
    });                                                                                                              \
  }
ISOQUANT_CONVOLVE(ConvolveS8F32, int8_t, float)
ISOQUANT_CONVOLVE(ConvolveS8Bf16, int8_t, BFloat16)
ISOQUANT_CONVOLVE(ConvolveS8F16, int8_t, Float16)
ISOQUANT_CONVOLVE(ConvolveU8F32, uint8_t, float)
ISOQUANT_CONVOLVE(ConvolveU8Bf16, uint8_t, BFloat16)
ISOQUANT_CONVOLVE(ConvolveU8F16, uint8_t, Float16)
#undef ISOQUANT_CONVOLVE

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {
HWY_EXPORT(ConvolveS8F32);
HWY_EXPORT(ConvolveS8Bf16);
HWY_EXPORT(ConvolveS8F16);
HWY_EXPORT(ConvolveU8F32);
HWY_EXPORT(ConvolveU8Bf16);
HWY_EXPORT(ConvolveU8F16);

Status CheckResidual(const ImageLayout& residual, const ImageLayout& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.n", residual.n, "y.n", y.n));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.h", residual.h, "y.h", y.h));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.w", residual.w, "y.w", y.w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("residual.c", residual.c, "y.c", y.c));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(residual, ISOQUANT_IMAGE_NAMES(residual)));
  const bool is_y = residual.data == y.data && (y.w <= 1 || residual.pixel_stride == y.pixel_stride) &&
                    (y.h <= 1 || residual.row_stride == y.row_stride) &&
                    (y.n <= 1 || residual.image_stride == y.image_stride);
  return is_y ? Status() : CheckApart("y", y, "residual", residual);
}

// The arguments have been checked. `residual` may be null.
template <class A, class Y, class Function>
Status Convolve(Context& context, const ImageView<const A>& x, const PackedFilter& filter,
                const Dequantization& dequantization, const ImageView<const Y>* residual, const ImageView<Y>& y,
                Function convolve) {
  Dequantization d = dequantization;
  const int32_t zero_point = d.row_zero_points.size == 0 ? 0 : *d.row_zero_points.data;
  if (zero_point == 0) d.row_zero_points = {};
  const PixelDistance added = residual != nullptr ? FindPixelDistance(*residual) : PixelDistance{true, 0};
  const ProductCut cut{NeedsRowSums(filter, d.column_zero_points), !added.is_one};
  return ForEachProduct(
      x, static_cast<A>(zero_point), filter, cut, y,
      [&](const ConvolutionRows<A>& rows, const PackedPanels& panels, size_t column, const MatrixView<Y>& c) {
        Dequantization of_group = d;
        of_group.column_scales = SliceOf(d.column_scales, column, c.cols);
        of_group.bias = SliceOf(d.bias, column, c.cols);
        of_group.column_zero_points = SliceOf(d.column_zero_points, column, c.cols);
        if (residual == nullptr) return convolve(context, rows, panels, of_group, nullptr, c);
        const size_t first = rows.windows.first, row = first / y.w;
        const Y* const data =
            added.is_one ? residual->data + first * added.distance : residual->Pixel(row / y.h, row % y.h, first % y.w);
        const size_t distance = added.is_one ? added.distance : residual->pixel_stride;
        const MatrixView<const Y> of_rows(data + column, c.rows, c.cols, distance);
        return convolve(context, rows, panels, of_group, &of_rows, c);
      });
}

template <class A, class Y, class Function>
Status CheckAndConvolve(Context& context, const ImageView<const A>& x, const PackedFilter& filter,
                        const Dequantization& dequantization, const ImageView<const Y>* residual, const ImageView<Y>& y,
                        Function convolve) {
  ISOQUANT_RETURN_IF_ERROR(CheckConvolution(x, filter, y));
  const Written out("y", BytesBetween(y));
  ISOQUANT_RETURN_IF_ERROR(
      CheckDequantization(dequantization, {"1", 1}, {"filter.out_channels()", filter.out_channels()}, out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckImageZeroPoint<A>(dequantization.row_zero_points, ISOQUANT_NAMES(dequantization.row_zero_points), out));
  if (residual != nullptr) ISOQUANT_RETURN_IF_ERROR(CheckResidual(*residual, y));
  return y.empty() ? Status() : Convolve(context, x, filter, dequantization, residual, y, convolve);
}

}  // namespace

#define ISOQUANT_CONV2D(A, Y, FUNCTION)                                                                              \
  Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter,                           \
                const Dequantization& dequantization, const ImageView<Y>& y) {                                       \
    return CheckAndConvolve(context, x, filter, dequantization, static_cast<const ImageView<const Y>*>(nullptr), y,  \
                            ISOQUANT_DISPATCH(context, FUNCTION));                                                   \
  }                                                                                                                  \
  Status Conv2d(Context& context, const ImageView<const A>& x, const PackedFilter& filter,                           \
                const Dequantization& dequantization, const ImageView<const Y>& residual, const ImageView<Y>& y) {   \
    return CheckAndConvolve(context, x, filter, dequantization, &residual, y, ISOQUANT_DISPATCH(context, FUNCTION)); \
  }
ISOQUANT_CONV2D(int8_t, float, ConvolveS8F32)
ISOQUANT_CONV2D(int8_t, BFloat16, ConvolveS8Bf16)
ISOQUANT_CONV2D(int8_t, Float16, ConvolveS8F16)
ISOQUANT_CONV2D(uint8_t, float, ConvolveU8F32)
ISOQUANT_CONV2D(uint8_t, BFloat16, ConvolveU8Bf16)
ISOQUANT_CONV2D(uint8_t, Float16, ConvolveU8F16)
#undef ISOQUANT_CONV2D

}  // namespace isoquant
#endif  // HWY_ONCE
