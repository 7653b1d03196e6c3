// Support: the rows of a convolution's product: pixels in place, or windows, gathered on their way to the kernels.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/convolution_rows.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/sources/window_rows-inl.h"
#include "src/convolution_rows.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class A>
HWY_INLINE Status Use(const ConvolutionRows<A>& rows, const RowUser<A>& use) {
  if (rows.matrix.rows != 0) return use(RowSource<A>(rows.matrix));
  const WindowRows<A> windows(rows.windows);
  return use(RowSource<A>(windows));
}

}  // namespace

Status UseRows(const ConvolutionRows<int8_t>& rows, const RowUser<int8_t>& use) { return Use(rows, use); }
Status UseRows(const ConvolutionRows<uint8_t>& rows, const RowUser<uint8_t>& use) { return Use(rows, use); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
