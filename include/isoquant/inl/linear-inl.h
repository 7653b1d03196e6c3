// Template layer: the output stage of Linear, from exact sums to f32.

// Per-target include guard.
#if defined(ISOQUANT_INL_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_LINEAR_INL_H_
#undef ISOQUANT_INL_LINEAR_INL_H_
#else
#define ISOQUANT_INL_LINEAR_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/matmul-inl.h"
#include "isoquant/inl/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// y = activation(float(t) * row_scale * column_scale + bias), t = sum - zero_point * column_sum: the steps of linear.h,
// in that order.
struct ScaleBiasActivate {
  const float* row_scales;
  const int32_t* zero_points;  // of rows; or null
  const int32_t* column_sums;
  const float* column_scales;
  const float* bias;  // or null
  bool relu;
  MatrixView<float> y;

  template <class DI, class VI = hn::Vec<DI>>
  HWY_INLINE void operator()(DI di32, size_t row, size_t col, size_t n, VI sum) const {
    const hn::RebindToFloat<DI> df32;
    if (zero_points != nullptr) {
      const VI correction = hn::Mul(hn::Set(di32, zero_points[row]), LoadFirst(di32, column_sums + col, n));
      sum = hn::Sub(sum, correction);
    }
    auto v = hn::Mul(hn::ConvertTo(df32, sum), hn::Set(df32, row_scales[row]));
    v = RoundedMul(df32, v, LoadFirst(df32, column_scales + col, n));
    if (bias != nullptr) v = hn::Add(v, LoadFirst(df32, bias + col, n));
    if (relu) v = hn::IfThenZeroElse(hn::Lt(v, hn::Zero(df32)), v);
    // One NaN for all targets.
    v = hn::IfThenElse(hn::Eq(v, v), v, hn::BitCast(df32, hn::Set(di32, 0x7fc00000)));
    StoreFirst(v, df32, y.Row(row) + col, n);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
