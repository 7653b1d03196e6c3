// Test support: implementation of f32_product.h.
#include "test/f32_product.h"

#include "isoquant/float_matmul.h"
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/f32_product.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/matmul-inl.h"
#include "test/f32_policy-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A user's stage, and the same by reference.
struct Scale {
  const float* factors;
  MatrixView<float> c;

  const MatrixView<float>& output() const { return c; }
  template <class D>
  HWY_INLINE void operator()(D d, Part rows, size_t col, size_t n, const float* sums, size_t stride) const {
    const auto factor = LoadFirst(d, factors + col, n);
    for (size_t i = 0; i < rows.size; ++i) {
      StoreFirst(hn::Mul(LoadFirst(d, sums + i * stride, n), factor), d, c.Row(rows.begin + i) + col, n);
    }
  }
};

struct ScaleByReference : StageBase<float> {
  ScaleByReference(const float* factors_in, const MatrixView<float>& c_in)
      : StageBase<float>(&Run, c_in), factors(factors_in), c(c_in) {}

  static void Run(const StageBase<float>& base, size_t row, size_t rows, size_t col, size_t cols, const float* sums,
                  size_t stride) {
    const ScaleByReference& stage = static_cast<const ScaleByReference&>(base);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t i = 0; i < cols; ++i) stage.c.Row(row + r)[col + i] = sums[r * stride + i] * stage.factors[col + i];
    }
  }

  const float* factors;
  MatrixView<float> c;
};

template <class Problem>
Status MultiplyAs(Context& context, F32Output output, const MatrixView<const float>& a, const WeightsRef& b,
                  const float* factors, const MatrixView<float>& c) {
  if (output == F32Output::kFunctor) return SolveProblem<Problem>(context, a, b, Scale{factors, c});
  if (output == F32Output::kReference) {
    return SolveProblem<Problem>(context, a, b, StageRef<float>(ScaleByReference(factors, c)));
  }
  const bool accumulate = output == F32Output::kAccumulate;
  return SolveProblem<Problem>(context, a, b, StoreSums<float>{c.data, c.row_stride, accumulate});
}

Status Multiply(Context& context, F32Way way, F32Output output, const MatrixView<const float>& a, const WeightsRef& b,
                const float* factors, const MatrixView<float>& c) {
  if (way == F32Way::kLibrary) return MultiplyAs<F32Problem>(context, output, a, b, factors, c);
  if (way == F32Way::kInPlace) return MultiplyAs<F32Test<true, 1, SIZE_MAX>>(context, output, a, b, factors, c);
  if (way == F32Way::kArranged) return MultiplyAs<F32Test<false, 2, SIZE_MAX>>(context, output, a, b, factors, c);
  return MultiplyAs<F32Test<true, 2, 3>>(context, output, a, b, factors, c);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(Multiply);

}  // namespace

Status MultiplyF32(Context& context, F32Way way, F32Output output, const MatrixView<const float>& a,
                   const WeightsRef& b, const float* factors, const MatrixView<float>& c) {
  if (way == F32Way::kLibrary && output == F32Output::kOverwrite) return MatMul(context, a, b, c);
  if (way == F32Way::kLibrary && output == F32Output::kAccumulate) return MatMul(context, a, b, c, Store::kAccumulate);
  return ISOQUANT_DISPATCH(context, Multiply)(context, way, output, a, b, factors, c);
}

}  // namespace isoquant
#endif  // HWY_ONCE
