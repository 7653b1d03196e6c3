// Operation: softmax of rows: checks, once per call, then dispatches.
#include "isoquant/softmax.h"

#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/softmax.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows [begin, end). `lengths` may be null. 16-bit rows have their exponentials in `scratch`.
template <class T>
void SoftmaxRows(const MatrixView<const T>& x, float scale, const int32_t* lengths, const MatrixView<T>& y,
                 size_t begin, size_t end, float* scratch) {
  const auto length = [&](size_t r) { return lengths == nullptr ? x.cols : static_cast<size_t>(lengths[r]); };
  const float sign = scale < 0.0f ? -0.0f : 0.0f;
  size_t n = length(begin);
  float extreme = Extreme(x.Row(begin), n, sign, 0, FillVector<T>{});
  for (size_t r = begin; r < end; ++r) {
    float* e = scratch;
    if constexpr (std::is_same<T, float>::value) e = y.Row(r);
    const float sum = ExponentialsOfRow(x.Row(r), n, extreme, scale, e);
    const bool last = r + 1 == end;
    const T* const next = last ? nullptr : x.Row(r + 1);
    const size_t next_n = last ? 0 : length(r + 1);
    extreme = DivideRow(e, n, x.cols, sum, y.Row(r), next, next_n, sign);
    n = next_n;
  }
}

// One name each, for HWY_EXPORT. HWY_NOINLINE, even if there is one target: code that runs under a float environment
// must not move out of it.
HWY_NOINLINE void SoftmaxF32(const MatrixView<const float>& x, float scale, const int32_t* lengths,
                             const MatrixView<float>& y, size_t begin, size_t end, float* scratch) {
  SoftmaxRows(x, scale, lengths, y, begin, end, scratch);
}
HWY_NOINLINE void SoftmaxBf16(const MatrixView<const BFloat16>& x, float scale, const int32_t* lengths,
                              const MatrixView<BFloat16>& y, size_t begin, size_t end, float* scratch) {
  SoftmaxRows(x, scale, lengths, y, begin, end, scratch);
}
HWY_NOINLINE void SoftmaxF16(const MatrixView<const Float16>& x, float scale, const int32_t* lengths,
                             const MatrixView<Float16>& y, size_t begin, size_t end, float* scratch) {
  SoftmaxRows(x, scale, lengths, y, begin, end, scratch);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(SoftmaxF32);
HWY_EXPORT(SoftmaxBf16);
HWY_EXPORT(SoftmaxF16);

// By bits: the caller's float environment does not matter.
Status CheckScale(float scale) {
  constexpr uint32_t kLargest = 0x7f7fffff, kSign = 0x80000000, kInfinity = 0x7f800000;
  const uint32_t bits = FloatBits(scale);
  if ((bits & ~kSign) <= kLargest) return Status();
  const bool too_large = bits == kInfinity;
  return Status(StatusCode::kInvalidValue, "scale", DoubleBits(bits),
                too_large ? "the largest float" : "the least finite float",
                DoubleBits(too_large ? kLargest : kLargest | kSign));
}

Status CheckLengths(const VectorView<const int32_t>& lengths, size_t rows, size_t cols) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(lengths, ISOQUANT_NAMES(lengths), "x.rows", rows));
  for (size_t r = 0; r < rows; ++r) {
    const int32_t length = lengths.data[r];
    if (length < 0) return Status::InvalidValue("a length", length, "0", 0);
    if (static_cast<size_t>(length) > cols) {
      return Status::InvalidValue("a length", length, "x.cols", static_cast<double>(cols));
    }
  }
  return Status();
}

// `lengths` may be null.
template <class T, class Function>
Status Run(Context& context, const MatrixView<const T>& x, float scale, const VectorView<const int32_t>* lengths,
           const MatrixView<T>& y, Function part) {
  ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckScale(scale));
  if (lengths != nullptr) {
    ISOQUANT_RETURN_IF_ERROR(CheckLengths(*lengths, x.rows, x.cols));
    ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("y", y, "lengths", *lengths));
  }
  if (x.empty()) return Status();
  const int32_t* const each = lengths == nullptr ? nullptr : lengths->data;
  const size_t scratch = std::is_same<T, float>::value ? 0 : x.cols;
  return ForEachRows(context, x.rows, x.cols, scratch,
                     [&](size_t begin, size_t end, float* e) { part(x, scale, each, y, begin, end, e); });
}

}  // namespace

Status Softmax(Context& context, const MatrixView<const float>& x, float scale, const MatrixView<float>& y) {
  return Run(context, x, scale, nullptr, y, ISOQUANT_DISPATCH(context, SoftmaxF32));
}
Status Softmax(Context& context, const MatrixView<const BFloat16>& x, float scale, const MatrixView<BFloat16>& y) {
  return Run(context, x, scale, nullptr, y, ISOQUANT_DISPATCH(context, SoftmaxBf16));
}
Status Softmax(Context& context, const MatrixView<const Float16>& x, float scale, const MatrixView<Float16>& y) {
  return Run(context, x, scale, nullptr, y, ISOQUANT_DISPATCH(context, SoftmaxF16));
}

Status Softmax(Context& context, const MatrixView<const float>& x, float scale,
               const VectorView<const int32_t>& lengths, const MatrixView<float>& y) {
  return Run(context, x, scale, &lengths, y, ISOQUANT_DISPATCH(context, SoftmaxF32));
}
Status Softmax(Context& context, const MatrixView<const BFloat16>& x, float scale,
               const VectorView<const int32_t>& lengths, const MatrixView<BFloat16>& y) {
  return Run(context, x, scale, &lengths, y, ISOQUANT_DISPATCH(context, SoftmaxBf16));
}
Status Softmax(Context& context, const MatrixView<const Float16>& x, float scale,
               const VectorView<const int32_t>& lengths, const MatrixView<Float16>& y) {
  return Run(context, x, scale, &lengths, y, ISOQUANT_DISPATCH(context, SoftmaxF16));
}

}  // namespace isoquant
#endif  // HWY_ONCE
