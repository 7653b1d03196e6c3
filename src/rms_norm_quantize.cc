// Operation: normalise rows by their root mean square, and quantise them: checks, once per call, then dispatches.
#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/norm.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/rms_norm_quantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/norm-inl.h"
#include "isoquant/inl/functions/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A row of T as f32.
template <class T>
struct WidenVector {
  const T* from;
  float* to;

  HWY_INLINE void operator()(size_t i, size_t count) const {
    StoreFirst(LoadAsF32(from + i, count), DF32(), to + i, count);
  }
};

// Rows [begin, end). A row that was normalised stays in L1, in `scratch`: it is quantised from there.
template <class T>
void QuantizeNormalised(const MatrixView<const T>& x, const float* weight, float epsilon, const MatrixView<int8_t>& q,
                        float* scales, size_t begin, size_t end, float* scratch) {
  const size_t n = x.cols;
  Affine affine{weight, nullptr, n};
  for (size_t r = begin; r < end; ++r) {
    if constexpr (std::is_same<T, float>::value) {
      RmsNormRow(x.Row(r), n, SumOfSquares(x.Row(r), n), static_cast<const T*>(nullptr), affine, epsilon, scratch);
    } else {
      T* const row = reinterpret_cast<T*>(scratch + n);
      RmsNormRow(x.Row(r), n, SumOfSquares(x.Row(r), n), static_cast<const T*>(nullptr), affine, epsilon, row);
      ForEachVector(DF32(), n, WidenVector<T>{row, scratch});
    }
    scales[r] = QuantizeRowDynamic(scratch, n, q.Row(r), scratch).scale;
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void RmsNormQuantizeF32(const MatrixView<const float>& x, const float* weight, float epsilon,
                                     const MatrixView<int8_t>& q, float* scales, size_t begin, size_t end,
                                     float* scratch) {
  QuantizeNormalised(x, weight, epsilon, q, scales, begin, end, scratch);
}
HWY_NOINLINE void RmsNormQuantizeBf16(const MatrixView<const BFloat16>& x, const float* weight, float epsilon,
                                      const MatrixView<int8_t>& q, float* scales, size_t begin, size_t end,
                                      float* scratch) {
  QuantizeNormalised(x, weight, epsilon, q, scales, begin, end, scratch);
}
HWY_NOINLINE void RmsNormQuantizeF16(const MatrixView<const Float16>& x, const float* weight, float epsilon,
                                     const MatrixView<int8_t>& q, float* scales, size_t begin, size_t end,
                                     float* scratch) {
  QuantizeNormalised(x, weight, epsilon, q, scales, begin, end, scratch);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RmsNormQuantizeF32);
HWY_EXPORT(RmsNormQuantizeBf16);
HWY_EXPORT(RmsNormQuantizeF16);

template <class T, class Function>
Status Run(Context& context, const MatrixView<const T>& x, const VectorView<const float>& weight, float epsilon,
           const MatrixView<int8_t>& q, const VectorView<float>& scales, Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckColumns(weight, ISOQUANT_NAMES(weight), q, "q"));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "x.rows", x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "x", x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "q", q));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "weight", weight));
  ISOQUANT_RETURN_IF_ERROR(CheckEpsilon(epsilon));
  if (x.rows == 0) return Status();
  // A row as f32, and before that in its own type.
  const size_t scratch = x.cols + (std::is_same<T, float>::value ? 0 : (x.cols + 1) / 2);
  return ForEachRows(context, x.rows, x.cols, scratch, [&](size_t begin, size_t end, float* row) {
    rows(x, DataOrNull(weight), epsilon, q, scales.data, begin, end, row);
  });
}

}  // namespace

Status RmsNormQuantize(Context& context, const MatrixView<const float>& x, const VectorView<const float>& weight,
                       float epsilon, const MatrixView<int8_t>& q, const VectorView<float>& scales) {
  return Run(context, x, weight, epsilon, q, scales, ISOQUANT_DISPATCH(context, RmsNormQuantizeF32));
}
Status RmsNormQuantize(Context& context, const MatrixView<const BFloat16>& x, const VectorView<const float>& weight,
                       float epsilon, const MatrixView<int8_t>& q, const VectorView<float>& scales) {
  return Run(context, x, weight, epsilon, q, scales, ISOQUANT_DISPATCH(context, RmsNormQuantizeBf16));
}
Status RmsNormQuantize(Context& context, const MatrixView<const Float16>& x, const VectorView<const float>& weight,
                       float epsilon, const MatrixView<int8_t>& q, const VectorView<float>& scales) {
  return Run(context, x, weight, epsilon, q, scales, ISOQUANT_DISPATCH(context, RmsNormQuantizeF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
