// Operation: add and multiply matrices, element by element: checks, once per call, then dispatches.
#include "isoquant/add.h"

#include "isoquant/inl/isa/int8_targets.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/add.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/vector_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end).
template <class Op, class T>
void CombineRows(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& y, size_t begin,
                 size_t end) {
  for (size_t r = begin; r < end; ++r) Combine<Op>(a.Row(r), b.Row(r), y.cols, y.Row(r));
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void AddF32(const MatrixView<const float>& a, const MatrixView<const float>& b, const MatrixView<float>& y,
                         size_t begin, size_t end) {
  CombineRows<AddOp>(a, b, y, begin, end);
}
HWY_NOINLINE void AddBf16(const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
                          const MatrixView<BFloat16>& y, size_t begin, size_t end) {
  CombineRows<AddOp>(a, b, y, begin, end);
}
HWY_NOINLINE void AddF16(const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
                         const MatrixView<Float16>& y, size_t begin, size_t end) {
  CombineRows<AddOp>(a, b, y, begin, end);
}
HWY_NOINLINE void MultiplyF32(const MatrixView<const float>& a, const MatrixView<const float>& b,
                              const MatrixView<float>& y, size_t begin, size_t end) {
  CombineRows<MultiplyOp>(a, b, y, begin, end);
}
HWY_NOINLINE void MultiplyBf16(const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
                               const MatrixView<BFloat16>& y, size_t begin, size_t end) {
  CombineRows<MultiplyOp>(a, b, y, begin, end);
}
HWY_NOINLINE void MultiplyF16(const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
                              const MatrixView<Float16>& y, size_t begin, size_t end) {
  CombineRows<MultiplyOp>(a, b, y, begin, end);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(AddF32);
HWY_EXPORT(AddBf16);
HWY_EXPORT(AddF16);
HWY_EXPORT(MultiplyF32);
HWY_EXPORT(MultiplyBf16);
HWY_EXPORT(MultiplyF16);

template <class T, class Function>
Status Run(Context& context, const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& y,
           Function rows) {
  ISOQUANT_RETURN_IF_ERROR(CheckRows(a, ISOQUANT_NAMES(a), y, ISOQUANT_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("b.rows", b.rows, "a.rows", a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("b.cols", b.cols, "a.cols", a.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckView(b, ISOQUANT_NAMES(b)));
  ISOQUANT_RETURN_IF_ERROR(CheckInPlace(b, ISOQUANT_NAMES(b), y, ISOQUANT_NAMES(y)));
  if (y.empty()) return Status();
  ForEachPart(context, y.rows, y.cols, 1, [&](size_t begin, size_t end) { rows(a, b, y, begin, end); });
  return Status();
}

}  // namespace

Status Add(Context& context, const MatrixView<const float>& a, const MatrixView<const float>& b,
           const MatrixView<float>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, AddF32));
}
Status Add(Context& context, const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
           const MatrixView<BFloat16>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, AddBf16));
}
Status Add(Context& context, const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
           const MatrixView<Float16>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, AddF16));
}
Status Multiply(Context& context, const MatrixView<const float>& a, const MatrixView<const float>& b,
                const MatrixView<float>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, MultiplyF32));
}
Status Multiply(Context& context, const MatrixView<const BFloat16>& a, const MatrixView<const BFloat16>& b,
                const MatrixView<BFloat16>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, MultiplyBf16));
}
Status Multiply(Context& context, const MatrixView<const Float16>& a, const MatrixView<const Float16>& b,
                const MatrixView<Float16>& y) {
  return Run(context, a, b, y, ISOQUANT_DISPATCH(context, MultiplyF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
