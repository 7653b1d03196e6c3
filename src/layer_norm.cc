// Operation: normalise rows by mean and variance: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/norm.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/layer_norm.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end).
template <class T>
void LayerNormPart(const MatrixView<const T>& x, const float* weight, const float* bias, float epsilon,
                   const MatrixView<T>& y, size_t begin, size_t end) {
  Affine affine{weight, bias, x.cols};
  const bool looks_ahead = FitsL1<T>(x.cols), fetches = FetchesOutputs<T>(end - begin, x.cols);
  float sum = SumOfElements(x.Row(begin), x.cols);
  for (size_t r = begin; r < end; ++r) {
    if (r != begin && !looks_ahead) sum = SumOfElements(x.Row(r), x.cols);
    const T* const next = looks_ahead && r + 1 < end ? x.Row(r + 1) : nullptr;
    sum = LayerNormRow(x.Row(r), x.cols, sum, next, affine, epsilon, fetches, y.Row(r));
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void LayerNormF32(const MatrixView<const float>& x, const float* weight, const float* bias, float epsilon,
                               const MatrixView<float>& y, size_t begin, size_t end) {
  LayerNormPart(x, weight, bias, epsilon, y, begin, end);
}
HWY_NOINLINE void LayerNormBf16(const MatrixView<const BFloat16>& x, const float* weight, const float* bias,
                                float epsilon, const MatrixView<BFloat16>& y, size_t begin, size_t end) {
  LayerNormPart(x, weight, bias, epsilon, y, begin, end);
}
HWY_NOINLINE void LayerNormF16(const MatrixView<const Float16>& x, const float* weight, const float* bias,
                               float epsilon, const MatrixView<Float16>& y, size_t begin, size_t end) {
  LayerNormPart(x, weight, bias, epsilon, y, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(LayerNormF32);
HWY_EXPORT(LayerNormBf16);
HWY_EXPORT(LayerNormF16);

template <class T, class Function>
Status Run(Context& context, const MatrixView<const T>& x, const VectorView<const float>& weight,
           const VectorView<const float>& bias, float epsilon, const MatrixView<T>& y, Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckColumns(weight, ISOQUANT_NAMES(weight), y));
  ISOQUANT_RETURN_IF_ERROR(CheckColumns(bias, ISOQUANT_NAMES(bias), y));
  ISOQUANT_RETURN_IF_ERROR(CheckEpsilon(epsilon));
  if (x.empty()) return Status();
  ForEachPart(context, x.rows, x.cols, 1,
              [&](size_t begin, size_t end) { rows(x, DataOrNull(weight), DataOrNull(bias), epsilon, y, begin, end); });
  return Status();
}

}  // namespace

Status LayerNorm(Context& context, const MatrixView<const float>& x, const VectorView<const float>& weight,
                 const VectorView<const float>& bias, float epsilon, const MatrixView<float>& y) {
  return Run(context, x, weight, bias, epsilon, y, ISOQUANT_DISPATCH(context, LayerNormF32));
}
Status LayerNorm(Context& context, const MatrixView<const BFloat16>& x, const VectorView<const float>& weight,
                 const VectorView<const float>& bias, float epsilon, const MatrixView<BFloat16>& y) {
  return Run(context, x, weight, bias, epsilon, y, ISOQUANT_DISPATCH(context, LayerNormBf16));
}
Status LayerNorm(Context& context, const MatrixView<const Float16>& x, const VectorView<const float>& weight,
                 const VectorView<const float>& bias, float epsilon, const MatrixView<Float16>& y) {
  return Run(context, x, weight, bias, epsilon, y, ISOQUANT_DISPATCH(context, LayerNormF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
