// ISA layer: which Highway targets an int8 operation is compiled for. Include it before any header of
// Highway, which reads this macro once.
#ifndef ISOQUANT_INL_ISA_INT8_TARGETS_H_
#define ISOQUANT_INL_ISA_INT8_TARGETS_H_

// Compile time is a budget. SSSE3 adds nothing to SSE2 for these kernels, and the targets above AVX3 (AVX3_DL,
// AVX3_ZEN4, AVX3_SPR, AVX10_2) nothing to AVX3: what matters of them is VPDPBUSD, and that is a policy under AVX3,
// where it also serves CPUs (Cascade Lake, Cooper Lake) that lack the rest of AVX3_DL. The targets above AVX3 are the
// bits below it.
//
// On Arm one target with NEON, without AES, which a Raspberry Pi 4 lacks, and one with SVE, for vectors of any length:
// BF16 adds nothing, nor do the instructions of SVE2, nor lengths that the compiler knows. (By LLVM's models SDOT and
// SMMLA issue at 99 % of the limits of neoverse-v1 and -v2 without them.) SDOT and SMMLA are policies.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | (HWY_AVX3 - 1) | HWY_NEON | HWY_NEON_BF16 | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

#endif  // ISOQUANT_INL_ISA_INT8_TARGETS_H_
