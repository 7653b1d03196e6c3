// ISA layer: the policies of each problem under each Highway target, best first. Driver, tests and reports iterate over
// these lists. A new instruction is one tile_*-inl.h, its name in lists here, and that of its tier in src/tier_names.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_POLICIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_POLICIES_INL_H_
#undef ISOQUANT_INL_ISA_POLICIES_INL_H_
#else
#define ISOQUANT_INL_ISA_POLICIES_INL_H_
#endif

#include "isoquant/inl/isa/problem.h"
#include "isoquant/inl/isa/tile_amx_int8-inl.h"
#include "isoquant/inl/isa/tile_bf16-inl.h"
#include "isoquant/inl/isa/tile_bf16_fast-inl.h"
#include "isoquant/inl/isa/tile_dot-inl.h"
#include "isoquant/inl/isa/tile_fma-inl.h"
#include "isoquant/inl/isa/tile_madd_pairs-inl.h"
#include "isoquant/inl/isa/tile_madd_s16-inl.h"
#include "isoquant/inl/isa/tile_maddubs-inl.h"
#include "isoquant/inl/isa/tile_mmla-inl.h"
#include "isoquant/inl/isa/tile_scalar-inl.h"
#include "isoquant/inl/isa/tile_vnni-inl.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class... Policies>
struct PolicyList {};

// PolicyListOf<Problem>::List: the policies that solve a problem under this target. The last one must run on every CPU
// of the target. Files outside this folder may specialise it for problems of their own.
template <class Problem>
struct PolicyListOf;
template <class Problem>
using PoliciesFor = typename PolicyListOf<Problem>::List;

// The same for packed weights, which have all seven bits (PackedPanels::seven_bits), or not. Policies that are in these
// lists alone have the name of one of the list above, and give the same sums.
template <class Problem, bool kSevenBits>
struct PackedListOf {
  using List = PoliciesFor<Problem>;
};
template <class Problem, bool kSevenBits>
using PackedPoliciesFor = typename PackedListOf<Problem, kSevenBits>::List;

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
template <class A>
using Int8Policies = PolicyList<Scalar<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64 && HWY_TARGET_IS_NEON
template <class A>
using Int8Policies = PolicyList<MmlaPolicy<A>, SdotPolicy<A>, NeonPolicy<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64
template <class A>
using Int8Policies = PolicyList<MmlaPolicy<A>, SdotPolicy<A>, MaddS16<A>>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)
// `Madd`: the policies for CPUs without VPDPBUSD.
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3
template <class A, class... Madd>
using Int8PoliciesWith = PolicyList<Amx<A>, Vnni<A>, Madd...>;
#elif HWY_ARCH_X86_64 && defined(ISOQUANT_AMX_UNDER_AVX2)
// For tests alone: every CPU with AMX has AVX3 too, but tests emulate AMX on CPUs without AVX-512.
template <class A, class... Madd>
using Int8PoliciesWith = PolicyList<Amx<A>, VnniInt8<A>, Vnni<A>, Madd...>;
#elif HWY_TARGET == HWY_AVX2
template <class A, class... Madd>
using Int8PoliciesWith = PolicyList<VnniInt8<A>, Vnni<A>, Madd...>;
#else
template <class A, class... Madd>
using Int8PoliciesWith = PolicyList<Vnni<A>, Madd...>;
#endif
template <class A>
using Int8Policies = Int8PoliciesWith<A, MaddS16<A>>;
template <class A>
struct PackedListOf<Int8Problem<A>, true> {
  using List = Int8PoliciesWith<A, MaddUbs<A>, MaddS16<A>>;
};
#if HWY_TARGET == HWY_AVX2
template <class A>
struct PackedListOf<Int8Problem<A>, false> {
  using List = Int8PoliciesWith<A, MaddPairs<A>, MaddS16<A>>;
};
#endif
#else
template <class A>
using Int8Policies = PolicyList<MaddS16<A>>;
#endif

template <class A>
struct PolicyListOf<Int8Problem<A>> {
  using List = Int8Policies<A>;
};

template <>
struct PolicyListOf<F32Problem> {
  using List = PolicyList<F32Policy>;
};

template <>
struct PolicyListOf<Bf16Problem> {
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3
  using List = PolicyList<AmxBf16, Avx512Bf16, Bf16Policy>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET == HWY_AVX2 && defined(ISOQUANT_AMX_UNDER_AVX2)
  using List = PolicyList<AmxBf16, Bf16Policy>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  using List = PolicyList<Avx512Bf16, Bf16Policy>;
#elif !HWY_COMPILER_MSVC && HWY_ARCH_ARM_A64 && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)
  using List = PolicyList<ArmBf16, Bf16Policy>;
#else
  using List = PolicyList<Bf16Policy>;
#endif
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#endif  // per-target include guard
