// Support: the rows of a convolution's product as the engine takes them. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_CONVOLUTION_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_CONVOLUTION_ROWS_INL_H_
#undef ISOQUANT_SRC_CONVOLUTION_ROWS_INL_H_
#else
#define ISOQUANT_SRC_CONVOLUTION_ROWS_INL_H_
#endif

#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/sources/window_rows-inl.h"
#include "isoquant/status.h"
#include "src/convolution_call.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Calls multiply(source).
template <class A, class Multiply>
HWY_INLINE Status WithRows(const ConvolutionRows<A>& rows, const Multiply& multiply) {
  if (rows.matrix.rows != 0) return multiply(RowSource<A>(rows.matrix));
  const WindowRows<A> windows(rows.windows);
  return multiply(RowSource<A>(windows));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
