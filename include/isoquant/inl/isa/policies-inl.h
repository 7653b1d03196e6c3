// ISA layer: the policies of each Highway target, best first. Driver, tests and reports iterate over this list: a new
// instruction is one tile_*-inl.h and its name here.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_POLICIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_POLICIES_INL_H_
#undef ISOQUANT_INL_ISA_POLICIES_INL_H_
#else
#define ISOQUANT_INL_ISA_POLICIES_INL_H_
#endif

#include "isoquant/inl/isa/tile_amx-inl.h"
#include "isoquant/inl/isa/tile_dot-inl.h"
#include "isoquant/inl/isa/tile_madd_s16-inl.h"
#include "isoquant/inl/isa/tile_mmla-inl.h"
#include "isoquant/inl/isa/tile_scalar-inl.h"
#include "isoquant/inl/isa/tile_vnni-inl.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class... Policies>
struct PolicyList {};

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
template <class A>
using PoliciesFor = PolicyList<Scalar<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3
template <class A>
using PoliciesFor = PolicyList<Amx<A>, Vnni<A>, MaddS16<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET == HWY_AVX2 && defined(ISOQUANT_AMX_UNDER_AVX2)
// For tests on CPUs without AVX-512: those that have AMX have AVX3 too.
template <class A>
using PoliciesFor = PolicyList<Amx<A>, VnniInt8<A>, Vnni<A>, MaddS16<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
template <class A>
using PoliciesFor = PolicyList<VnniInt8<A>, Vnni<A>, MaddS16<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
template <class A>
using PoliciesFor = PolicyList<Vnni<A>, MaddS16<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64 && HWY_TARGET_IS_NEON
template <class A>
using PoliciesFor = PolicyList<MmlaPolicy<A>, SdotPolicy<A>, NeonPolicy<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64
template <class A>
using PoliciesFor = PolicyList<MmlaPolicy<A>, SdotPolicy<A>, MaddS16<A>>;
#else
template <class A>
using PoliciesFor = PolicyList<MaddS16<A>>;
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
