// Bench support: limits, by instructions on registers alone.
#include "bench/limits.h"

#include "isoquant/cpu.h"

namespace isoquant {
namespace {

#define ISOQUANT_REPEAT_12(OP, REG) \
  OP("0", REG)                      \
  OP("1", REG)                      \
  OP("2", REG)                      \
  OP("3", REG) OP("4", REG) OP("5", REG) OP("6", REG) OP("7", REG) OP("8", REG) OP("9", REG) OP("10", REG) OP("11", REG)
#define ISOQUANT_DOT_EVEX(I, REG) "vpdpbusd %%" REG "15, %%" REG "14, %%" REG I "\n"
#define ISOQUANT_DOT_VEX(I, REG) "%{vex%} vpdpbusd %%" REG "15, %%" REG "14, %%" REG I "\n"
#define ISOQUANT_FMA(I, REG) "vfmadd231ps %%" REG "15, %%" REG "14, %%" REG I "\n"
#define ISOQUANT_CLEAR(I, REG) "vpxor %%xmm" I ", %%xmm" I ", %%xmm" I "\n"
#define ISOQUANT_CLOBBERS                                                                                             \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15", \
      "cc"
// `round` is twelve instructions; operands are zero, so that no float is slow.
#define ISOQUANT_LOOP(OP, REG) \
  __asm__ volatile(ISOQUANT_REPEAT_12(ISOQUANT_CLEAR, "") ISOQUANT_CLEAR("14", "") ISOQUANT_CLEAR("15", "") \
                   "1:\n" ISOQUANT_REPEAT_12(OP, REG) "sub $1, %0\n"                                        \
                   "jnz 1b\n"                                                                               \
                   "vzeroupper\n"                                                                           \
                   : "+r"(rounds)                                                                           \
                   :                                                                                        \
                   : ISOQUANT_CLOBBERS)

template <class Loop>
double Rate(double products_per_instruction, uint64_t rounds, const Loop& loop) {
  const double begin = Seconds();
  loop(rounds);
  return 12.0 * static_cast<double>(rounds) * products_per_instruction / (Seconds() - begin);
}

}  // namespace

double MeasureVnniPeak() {
#if defined(__x86_64__)
  const Cpu& cpu = DetectCpu();
  if ((cpu.leaf7_ecx >> 11 & 1) != 0 && (cpu.xcr0 & 0xe6) == 0xe6) {
    return Rate(64, 50000, [](uint64_t rounds) { ISOQUANT_LOOP(ISOQUANT_DOT_EVEX, "zmm"); });
  }
  if ((cpu.leaf7_1_eax >> 4 & 1) != 0 && (cpu.xcr0 & 6) == 6) {
    return Rate(32, 50000, [](uint64_t rounds) { ISOQUANT_LOOP(ISOQUANT_DOT_VEX, "ymm"); });
  }
#endif
  return 0;
}

double MeasureAmxPeak() {
#if defined(__x86_64__)
  // Six accumulators cover the latency of 52 at one per 16 cycles. In bytes, for old assemblers: tdpbusd %tmm7, %tmm6,
  // %tmmN. All tiles are zero.
  struct alignas(64) {
    uint8_t palette = 1, other[15] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } config;
#define ISOQUANT_TDPBUSD(MODRM) ".byte 0xc4, 0xe2, 0x41, 0x5e, " MODRM "\n"
#define ISOQUANT_SIX_TDPBUSD \
  ISOQUANT_TDPBUSD("0xc6")   \
  ISOQUANT_TDPBUSD("0xce")   \
  ISOQUANT_TDPBUSD("0xd6") ISOQUANT_TDPBUSD("0xde") ISOQUANT_TDPBUSD("0xe6") ISOQUANT_TDPBUSD("0xee")
  return Rate(16 * 16 * 64, 2000, [&](uint64_t rounds) {
    __asm__ volatile(
        ".byte 0xc4, 0xe2, 0x78, 0x49, 0x00\n"  // ldtilecfg (%rax)
        "1:\n" ISOQUANT_SIX_TDPBUSD ISOQUANT_SIX_TDPBUSD
        "sub $1, %0\n"
        "jnz 1b\n"
        ".byte 0xc4, 0xe2, 0x78, 0x49, 0xc0\n"  // tilerelease
        : "+r"(rounds)
        : "a"(&config)
        : "cc", "memory");
  });
#else
  return 0;
#endif
}

double MeasureFmaPeak() {
#if defined(__x86_64__)
  const Cpu& cpu = DetectCpu();
  if ((cpu.leaf7_ebx >> 5 & 1) != 0 && (cpu.leaf1_ecx >> 12 & 1) != 0 && (cpu.xcr0 & 6) == 6) {
    return Rate(8, 50000, [](uint64_t rounds) { ISOQUANT_LOOP(ISOQUANT_FMA, "ymm"); });
  }
#endif
  return 0;
}

double MeasureWideFmaPeak() {
#if defined(__x86_64__)
  const Cpu& cpu = DetectCpu();
  if ((cpu.leaf7_ebx >> 16 & 1) != 0 && (cpu.xcr0 & 0xe6) == 0xe6) {
    return Rate(16, 50000, [](uint64_t rounds) { ISOQUANT_LOOP(ISOQUANT_FMA, "zmm"); });
  }
#endif
  return 0;
}

}  // namespace isoquant
