// Support: the names of all tiers of all architectures. Each build knows those of the others too, so that one setting
// may serve a mixed fleet: a mistyped name is an error, the name of another architecture's tier is not.
#ifndef ISOQUANT_SRC_TIER_NAMES_H_
#define ISOQUANT_SRC_TIER_NAMES_H_

#include <cstdint>

#include "hwy/base.h"

namespace isoquant {

enum class Architecture : uint8_t { kAny, kX86, kArm, kPower, kZ, kRiscV, kLoongArch, kWasm };

struct TierName {
  Architecture architecture;
  const char* name;
};

// The tiers of each architecture, best first. What the policy lists leave open MergeTiers() orders by this table.
// tiers_test.cc compares it with Tiers(). A new instruction gets its line here.
inline constexpr TierName kTierNames[] = {
    {Architecture::kX86, "amx_int8"},
    {Architecture::kX86, "amx_bf16"},
    {Architecture::kX86, "avx512_vnni"},
    {Architecture::kX86, "avx512_bf16"},
    {Architecture::kX86, "avx512bw"},
    {Architecture::kX86, "avx_vnni_int8"},
    {Architecture::kX86, "avx_vnni"},
    {Architecture::kX86, "avx2"},
    {Architecture::kX86, "sse4"},
    {Architecture::kX86, "ssse3"},
    {Architecture::kX86, "sse2"},
    {Architecture::kArm, "sve_i8mm"},
    {Architecture::kArm, "sve_bf16"},
    {Architecture::kArm, "sve_dot"},
    {Architecture::kArm, "sve"},
    {Architecture::kArm, "neon_i8mm"},
    {Architecture::kArm, "neon_bf16"},
    {Architecture::kArm, "neon_dotprod"},
    {Architecture::kArm, "neon"},
    // On other architectures a tier has the name of the namespace of its Highway target.
    {Architecture::kPower, "N_PPC10"},
    {Architecture::kPower, "N_PPC9"},
    {Architecture::kPower, "N_PPC8"},
    {Architecture::kZ, "N_Z15"},
    {Architecture::kZ, "N_Z14"},
    {Architecture::kRiscV, "N_RVV"},
    {Architecture::kLoongArch, "N_LASX"},
    {Architecture::kLoongArch, "N_LSX"},
    {Architecture::kWasm, "N_WASM_EMU256"},
    {Architecture::kWasm, "N_WASM"},
    {Architecture::kAny, "scalar"},
};

// The architecture of this build.
#if HWY_ARCH_X86
inline constexpr Architecture kArchitecture = Architecture::kX86;
#elif HWY_ARCH_ARM
inline constexpr Architecture kArchitecture = Architecture::kArm;
#elif HWY_ARCH_PPC
inline constexpr Architecture kArchitecture = Architecture::kPower;
#elif HWY_ARCH_S390X
inline constexpr Architecture kArchitecture = Architecture::kZ;
#elif HWY_ARCH_RISCV
inline constexpr Architecture kArchitecture = Architecture::kRiscV;
#elif HWY_ARCH_LOONGARCH
inline constexpr Architecture kArchitecture = Architecture::kLoongArch;
#elif HWY_ARCH_WASM
inline constexpr Architecture kArchitecture = Architecture::kWasm;
#else
inline constexpr Architecture kArchitecture = Architecture::kAny;
#endif

// Whether a build for this architecture can have the tier. (The present build may lack it.)
constexpr bool IsOfThisArchitecture(const TierName& tier) {
  return tier.architecture == kArchitecture || tier.architecture == Architecture::kAny;
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TIER_NAMES_H_
