// Support: the rows of a convolution's product as the engine takes them. Include it within foreach_target;
// convolution_rows.cc defines what it declares.

// Per-target include guard.
#if defined(ISOQUANT_SRC_CONVOLUTION_ROWS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_CONVOLUTION_ROWS_H_
#undef ISOQUANT_SRC_CONVOLUTION_ROWS_H_
#else
#define ISOQUANT_SRC_CONVOLUTION_ROWS_H_
#endif

#include <cstdint>

#include "hwy/base.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/status.h"
#include "src/convolution_call.h"

#ifndef ISOQUANT_SRC_CONVOLUTION_ROWS_ONCE_
#define ISOQUANT_SRC_CONVOLUTION_ROWS_ONCE_
namespace isoquant {

// A borrowed reference to a callable Status(const RowSource<A>&), as StageUser is to one of stages.
template <class A>
class RowUser {
 public:
  template <class F>
  explicit RowUser(const F& f)
      : object_(&f),
        call_([](const void* object, const RowSource<A>& rows) { return (*static_cast<const F*>(object))(rows); }) {}
  Status operator()(const RowSource<A>& rows) const { return call_(object_, rows); }

 private:
  const void* object_;
  Status (*call_)(const void*, const RowSource<A>&);
};

}  // namespace isoquant
#endif  // ISOQUANT_SRC_CONVOLUTION_ROWS_ONCE_

namespace isoquant {
namespace HWY_NAMESPACE {

// use(source). (Not a template of `use`: the loops that gather windows are compiled once for all kinds of output.)
Status UseRows(const ConvolutionRows<int8_t>& rows, const RowUser<int8_t>& use);
Status UseRows(const ConvolutionRows<uint8_t>& rows, const RowUser<uint8_t>& use);

namespace {

template <class A, class F>
HWY_INLINE Status WithRows(const ConvolutionRows<A>& rows, const F& multiply) {
  return UseRows(rows, RowUser<A>(multiply));
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
