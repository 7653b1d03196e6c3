// Operation: quantise: checks, once per call, then dispatches.
#include "isoquant/quantize.h"

#include <limits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/float_bits.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/quantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Each function does rows [begin, end); QuantizeColumnsPart does columns.
template <class Q>
void QuantizePart(MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<Q> q, size_t begin,
                  size_t end) {
  for (size_t r = begin; r < end; ++r) {
    QuantizeRow<false>(x.Row(r), x.cols, {scale, zero_point}, std::numeric_limits<Q>::min(),
                       std::numeric_limits<Q>::max(), q.Row(r), x.Row(r));
  }
}

// HWY_NOINLINE, here and below, because code that runs under a float environment must not move out of it.
HWY_NOINLINE void QuantizeColumnsPart(MatrixView<const float> x, MatrixView<int8_t> q, float* scales, size_t begin,
                                      size_t end) {
  for (size_t c = begin; c < end; c += hn::Lanes(DF32())) {
    QuantizeColumnStrip(x.data + c, x.row_stride, x.rows, end - c, q.data + c, q.row_stride, scales + c);
  }
}

// One name each, for HWY_EXPORT.
HWY_NOINLINE void QuantizeS8(MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<int8_t> q,
                             size_t begin, size_t end) {
  QuantizePart(x, scale, zero_point, q, begin, end);
}
HWY_NOINLINE void QuantizeU8(MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<uint8_t> q,
                             size_t begin, size_t end) {
  QuantizePart(x, scale, zero_point, q, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(QuantizeS8);
HWY_EXPORT(QuantizeU8);
HWY_EXPORT(QuantizeColumnsPart);

// Both scale and 1 / scale, rounded to nearest, must be normal. The bits tell, whatever the caller's rounding mode is.
Status CheckScale(float scale) {
  constexpr uint32_t kLeast = 0x00800000, kLargest = 0x7e800000, kInfinity = 0x7f800000;  // 2^-126, 2^126
  const uint32_t bits = FloatBits(scale);
  if (bits >= kLeast && bits <= kLargest) return Status();  // the bits of negative scales exceed kLargest
  const bool too_large = bits > kLargest && bits <= kInfinity;
  return Status(StatusCode::kInvalidValue, "scale", DoubleBits(bits), too_large ? "2^126" : "2^-126",
                DoubleBits(too_large ? kLargest : kLeast));
}

template <class Q>
Status CheckStatic(float scale, int32_t zero_point) {
  ISOQUANT_RETURN_IF_ERROR(CheckScale(scale));
  return CheckZeroPoint<Q>("zero_point", zero_point, "the smallest value of q's type", "the largest value of q's type");
}

template <class Q, class Function>
Status QuantizeStatic(Context& context, const MatrixView<const float>& x, float scale, int32_t zero_point,
                      const MatrixView<Q>& q, Function function) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckStatic<Q>(scale, zero_point));
  ForEachPart(context, x.rows, x.cols, 1,
              [&](size_t begin, size_t end) { function(x, scale, zero_point, q, begin, end); });
  return Status();
}

}  // namespace

Status Quantize(Context& context, MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<int8_t> q) {
  return QuantizeStatic(context, x, scale, zero_point, q, ISOQUANT_DISPATCH(context, QuantizeS8));
}

Status Quantize(Context& context, MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<uint8_t> q) {
  return QuantizeStatic(context, x, scale, zero_point, q, ISOQUANT_DISPATCH(context, QuantizeU8));
}

Status QuantizeColumns(Context& context, MatrixView<const float> x, MatrixView<int8_t> q, VectorView<float> scales) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "x.cols", x.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "x", x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "q", q));
  const auto columns = ISOQUANT_DISPATCH(context, QuantizeColumnsPart);
  ForEachPart(context, x.cols, x.rows, 16, [&](size_t begin, size_t end) { columns(x, q, scales.data, begin, end); });
  return Status();
}

}  // namespace isoquant
#endif  // HWY_ONCE
