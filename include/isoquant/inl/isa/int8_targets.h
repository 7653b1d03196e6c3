// ISA layer: which Highway targets an operation is compiled for. Include it before any header of Highway, which reads
// this macro once.
#ifndef ISOQUANT_INL_ISA_INT8_TARGETS_H_
#define ISOQUANT_INL_ISA_INT8_TARGETS_H_

// Compile time is a budget, so targets that add nothing are left out.
//
// x86: SSSE3 adds nothing to SSE2 for these kernels. Nor do the targets above AVX3 (AVX3_DL, AVX3_ZEN4, AVX3_SPR,
// AVX10_2) add to AVX3: what matters of them is VPDPBUSD, and that is a policy under AVX3. There it also serves CPUs
// (Cascade Lake, Cooper Lake) that lack the rest of AVX3_DL. In Highway's masks the targets above AVX3 are lower bits.
//
// Arm: there is one target with NEON, without AES, which a Raspberry Pi 4 lacks; and one with SVE, for vectors of any
// length. SDOT and SMMLA are policies. BF16 adds nothing, nor do the instructions of SVE2, nor lengths that the
// compiler knows: without them SDOT and SMMLA issue at 99 % of the limits of neoverse-v1 and -v2, by LLVM's models
// (bench/mca.sh).
//
// A build of a part of the operations, which is for those who wait for it, has no code without vectors where every CPU
// has them, and that of SSE2 serves CPUs from before AVX2.
#if defined(ISOQUANT_ONLY_LINEAR) && (defined(__SSE2__) || defined(__ARM_NEON))
#define ISOQUANT_TARGETS_LEFT_OUT (HWY_SCALAR | HWY_EMU128 | HWY_SSE4)
#else
#define ISOQUANT_TARGETS_LEFT_OUT 0
#endif
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS                                                                       \
  (HWY_SSSE3 | (HWY_AVX3 - 1) | HWY_NEON | HWY_NEON_BF16 | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | \
   ISOQUANT_TARGETS_LEFT_OUT)
#endif

#endif  // ISOQUANT_INL_ISA_INT8_TARGETS_H_
