// Operation: Conv2d to int32: checks, once per call, then dispatches.
#include "isoquant/convolution.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/convolution_call.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/convolution.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/stages/zero_points-inl.h"
#include "src/convolution_rows.h"
#include "src/depthwise.h"
#include "src/engine.h"
#include "src/zero_points.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

Status ConvolveS8(Context& context, const ConvolutionRows<int8_t>& rows, const WeightsRef& b, const ZeroPoints& z,
                  const MatrixView<int32_t>& c) {
  const bool is_plain = z.a.size == 0 && !HasZeroPoints(b, z.b);
  if (is_plain && rows.matrix.rows != 0) return MatMulS8(context, rows.matrix, b, c, false);
  if (rows.is_depthwise) return RunDepthwise(context, rows.windows, *b.packed(), z.b, ZeroPointStage({}, c, false), c);
  return WithRows(rows, [&](const RowSource<int8_t>& a) {
    return is_plain ? MatMulRows(context, a, b, c, false) : MatMulZerosS8(context, a, b, z, c, false);
  });
}
Status ConvolveU8(Context& context, const ConvolutionRows<uint8_t>& rows, const WeightsRef& b, const ZeroPoints& z,
                  const MatrixView<int32_t>& c) {
  const bool is_plain = z.a.size == 0 && !HasZeroPoints(b, z.b);
  if (is_plain && rows.matrix.rows != 0) return MatMulU8(context, rows.matrix, b, c, false);
  if (rows.is_depthwise) return RunDepthwise(context, rows.windows, *b.packed(), z.b, ZeroPointStage({}, c, false), c);
  return WithRows(rows, [&](const RowSource<uint8_t>& a) {
    return is_plain ? MatMulRows(context, a, b, c, false) : MatMulZerosU8(context, a, b, z, c, false);
  });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(ConvolveS8);
HWY_EXPORT(ConvolveU8);

// The arguments have been checked.
template <class A, class Function>
Status Convolve(Context& context, const ImageView<const A>& x, const ZeroPoints& z, const PackedFilter& filter,
                const ImageView<int32_t>& y, Function convolve) {
  if (y.empty()) return Status();
  const int32_t x_zero_point = z.a.size == 0 ? 0 : *z.a.data;
  const VectorView<const int32_t> of_x = x_zero_point == 0 ? VectorView<const int32_t>() : z.a;
  const ProductCut cut{NeedsRowSums(filter, z.b)};
  return ForEachProduct(
      x, static_cast<A>(x_zero_point), filter, cut, y,
      [&](const ConvolutionRows<A>& rows, const PackedPanels& panels, size_t column, const MatrixView<int32_t>& c) {
        return convolve(context, rows, WeightsRef(panels), {of_x, SliceOf(z.b, column, c.cols)}, c);
      });
}

template <class A, class Function>
Status CheckAndConvolve(Context& context, const ImageView<const A>& x, int32_t x_zero_point, const PackedFilter& filter,
                        const ImageView<int32_t>& y, Function convolve) {
  ISOQUANT_RETURN_IF_ERROR(CheckConvolution(x, filter, y));
  ISOQUANT_RETURN_IF_ERROR(CheckImageZeroPoint<A>("x_zero_point", x_zero_point));
  return Convolve(context, x, ZeroPoints{{&x_zero_point, 1}, {}}, filter, y, convolve);
}

template <class A, class Function>
Status CheckAndConvolve(Context& context, const ImageView<const A>& x, const ZeroPoints& z, const PackedFilter& filter,
                        const ImageView<int32_t>& y, Function convolve) {
  ISOQUANT_RETURN_IF_ERROR(CheckConvolution(x, filter, y));
  const Written out("y", BytesBetween(y));
  ISOQUANT_RETURN_IF_ERROR(CheckImageZeroPoint<A>(z.a, ISOQUANT_NAMES(z.a), out));
  ISOQUANT_RETURN_IF_ERROR(
      CheckOneOrEachOrNone(z.b, ISOQUANT_NAMES(z.b), {"filter.out_channels()", filter.out_channels()}, out));
  return Convolve(context, x, z, filter, y, convolve);
}

}  // namespace

bool NeedsRowSums(const PackedFilter& filter, const VectorView<const int32_t>& zero_points) {
  return HasZeroPoints(WeightsRef(filter.weights()), zero_points);
}

Status Conv2d(Context& context, const ImageView<const int8_t>& x, int32_t x_zero_point, const PackedFilter& filter,
              const ImageView<int32_t>& y) {
  return CheckAndConvolve(context, x, x_zero_point, filter, y, ISOQUANT_DISPATCH(context, ConvolveS8));
}
Status Conv2d(Context& context, const ImageView<const uint8_t>& x, int32_t x_zero_point, const PackedFilter& filter,
              const ImageView<int32_t>& y) {
  return CheckAndConvolve(context, x, x_zero_point, filter, y, ISOQUANT_DISPATCH(context, ConvolveU8));
}
Status Conv2d(Context& context, const ImageView<const int8_t>& x, const ZeroPoints& z, const PackedFilter& filter,
              const ImageView<int32_t>& y) {
  return CheckAndConvolve(context, x, z, filter, y, ISOQUANT_DISPATCH(context, ConvolveS8));
}
Status Conv2d(Context& context, const ImageView<const uint8_t>& x, const ZeroPoints& z, const PackedFilter& filter,
              const ImageView<int32_t>& y) {
  return CheckAndConvolve(context, x, z, filter, y, ISOQUANT_DISPATCH(context, ConvolveU8));
}

}  // namespace isoquant
#endif  // HWY_ONCE
