// Operation: normalise rows by their root mean square: checks, once per call, then dispatches.
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/norm.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/rms_norm.cc"
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
void RmsNormPart(const MatrixView<const T>& x, const float* weight, float epsilon, const MatrixView<T>& y, size_t begin,
                 size_t end) {
  Affine affine{weight, nullptr, x.cols};
  const bool looks_ahead = FitsL1<T>(x.cols);
  float sum = SumOfSquares(x.Row(begin), x.cols);
  for (size_t r = begin; r < end; ++r) {
    if (r != begin && !looks_ahead) sum = SumOfSquares(x.Row(r), x.cols);
    const T* const next = looks_ahead && r + 1 < end ? x.Row(r + 1) : nullptr;
    sum = RmsNormRow(x.Row(r), x.cols, sum, next, affine, epsilon, y.Row(r));
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void RmsNormF32(const MatrixView<const float>& x, const float* weight, float epsilon,
                             const MatrixView<float>& y, size_t begin, size_t end) {
  RmsNormPart(x, weight, epsilon, y, begin, end);
}
HWY_NOINLINE void RmsNormBf16(const MatrixView<const BFloat16>& x, const float* weight, float epsilon,
                              const MatrixView<BFloat16>& y, size_t begin, size_t end) {
  RmsNormPart(x, weight, epsilon, y, begin, end);
}
HWY_NOINLINE void RmsNormF16(const MatrixView<const Float16>& x, const float* weight, float epsilon,
                             const MatrixView<Float16>& y, size_t begin, size_t end) {
  RmsNormPart(x, weight, epsilon, y, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(RmsNormF32);
HWY_EXPORT(RmsNormBf16);
HWY_EXPORT(RmsNormF16);

template <class T, class Function>
Status Run(Context& context, const MatrixView<const T>& x, const VectorView<const float>& weight, float epsilon,
           const MatrixView<T>& y, Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckColumns(weight, ISOQUANT_NAMES(weight), y));
  ISOQUANT_RETURN_IF_ERROR(CheckEpsilon(epsilon));
  if (x.empty()) return Status();
  ForEachPart(context, x.rows, x.cols, 1,
              [&](size_t begin, size_t end) { rows(x, DataOrNull(weight), epsilon, y, begin, end); });
  return Status();
}

}  // namespace

Status RmsNorm(Context& context, const MatrixView<const float>& x, const VectorView<const float>& weight, float epsilon,
               const MatrixView<float>& y) {
  return Run(context, x, weight, epsilon, y, ISOQUANT_DISPATCH(context, RmsNormF32));
}
Status RmsNorm(Context& context, const MatrixView<const BFloat16>& x, const VectorView<const float>& weight,
               float epsilon, const MatrixView<BFloat16>& y) {
  return Run(context, x, weight, epsilon, y, ISOQUANT_DISPATCH(context, RmsNormBf16));
}
Status RmsNorm(Context& context, const MatrixView<const Float16>& x, const VectorView<const float>& weight,
               float epsilon, const MatrixView<Float16>& y) {
  return Run(context, x, weight, epsilon, y, ISOQUANT_DISPATCH(context, RmsNormF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
