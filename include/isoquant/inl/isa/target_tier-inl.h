// ISA layer: the tier of a target whose policies need nothing more than the target.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TARGET_TIER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TARGET_TIER_INL_H_
#undef ISOQUANT_INL_ISA_TARGET_TIER_INL_H_
#else
#define ISOQUANT_INL_ISA_TARGET_TIER_INL_H_
#endif

#include "hwy/highway.h"
#include "isoquant/inl/isa/arm.h"
#include "isoquant/inl/isa/tile-inl.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct TargetTier {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  static constexpr char kName[] = "scalar";
#elif HWY_TARGET == HWY_SSE2
  static constexpr char kName[] = "sse2";
#elif HWY_TARGET == HWY_SSSE3
  static constexpr char kName[] = "ssse3";
#elif HWY_TARGET == HWY_SSE4
  static constexpr char kName[] = "sse4";
#elif HWY_TARGET == HWY_AVX2
  static constexpr char kName[] = "avx2";
#elif HWY_ARCH_X86
  static constexpr char kName[] = "avx512bw";
#elif HWY_TARGET_IS_NEON
  static constexpr char kName[] = "neon";
#elif HWY_TARGET_IS_SVE
  static constexpr char kName[] = "sve";
#else
  static constexpr char kName[] = HWY_STR(HWY_NAMESPACE);
#endif
#if HWY_TARGET_IS_SVE
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVectorLength;
#else
  static constexpr const char* (*kRefusal)(const Cpu&) = &NeverRefuse;
#endif
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
