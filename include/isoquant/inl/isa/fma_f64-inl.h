// ISA layer: fused multiply-add of f64, rounded once, on every target.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FMA_F64_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FMA_F64_INL_H_
#undef ISOQUANT_INL_ISA_FMA_F64_INL_H_
#else
#define ISOQUANT_INL_ISA_FMA_F64_INL_H_
#endif

#include <cmath>
#include <cstddef>

#include "hwy/highway.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// a * b + c, rounded once to nearest even. A NaN may have any bits. Targets without the instruction leave each lane to
// the C library, whose fma is exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FusedMulAddF64(D d, V a, V b, V c) {
  if constexpr (kHasFusedMulAdd) {
    (void)d;
    return hn::MulAdd(a, b, c);
  } else {
    constexpr size_t kLanes = hn::MaxLanes(D());
    double as[kLanes], bs[kLanes], cs[kLanes];
    hn::StoreU(a, d, as);
    hn::StoreU(b, d, bs);
    hn::StoreU(c, d, cs);
    for (size_t i = 0; i < kLanes; ++i) cs[i] = std::fma(as[i], bs[i], cs[i]);
    return hn::LoadU(d, cs);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
