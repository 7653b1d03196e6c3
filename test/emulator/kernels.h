// Emulator: small kernels with the instructions that it emulates, for tests. They run natively where the CPU can.
#ifndef ISOQUANT_TEST_EMULATOR_KERNELS_H_
#define ISOQUANT_TEST_EMULATOR_KERNELS_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {

inline void LoadConfig(const uint8_t* config) { __asm__ volatile("ldtilecfg (%0)" ::"r"(config) : "memory"); }
inline void StoreConfig(uint8_t* config) { __asm__ volatile("sttilecfg (%0)" ::"r"(config) : "memory"); }
inline void Release() { __asm__ volatile("tilerelease" ::: "memory"); }
inline void ZeroTile0() { __asm__ volatile("tilezero %%tmm0" ::: "memory"); }
inline void LoadTile0(const void* from, size_t stride) {
  __asm__ volatile("tileloadd (%0, %1), %%tmm0" ::"r"(from), "r"(stride) : "memory");
}
inline void LoadTile1(const void* from, size_t stride) {
  __asm__ volatile("tileloadd (%0, %1), %%tmm1" ::"r"(from), "r"(stride) : "memory");
}
inline void LoadTile2Once(const void* from, size_t stride) {
  __asm__ volatile("tileloaddt1 (%0, %1), %%tmm2" ::"r"(from), "r"(stride) : "memory");
}
inline void StoreTile0(void* to, size_t stride) {
  __asm__ volatile("tilestored %%tmm0, (%0, %1)" ::"r"(to), "r"(stride) : "memory");
}
inline void DotTiles() { __asm__ volatile("tdpbusd %%tmm2, %%tmm1, %%tmm0" ::: "memory"); }  // tmm0 += tmm1 * tmm2

// Shapes of tiles 0 to 2 for sums of m x n, 4 * k long.
struct DotConfig {
  alignas(64) uint8_t bytes[64] = {1};
  DotConfig(size_t m, size_t n, size_t k) {
    const size_t rows[] = {m, m, k}, columns[] = {n, k, n};
    for (size_t tile = 0; tile < 3; ++tile) {
      bytes[16 + 2 * tile] = static_cast<uint8_t>(4 * columns[tile]);
      bytes[48 + tile] = static_cast<uint8_t>(rows[tile]);
    }
  }
};

// C += A * B, by tiles, with a configuration for each shape. A is m x k and B is packed as [k / 4][n][4]; k is a
// multiple of four.
inline void AmxMatMul(const uint8_t* a, const int8_t* b, size_t m, size_t n, size_t k, int32_t* c) {
  for (size_t row = 0; row < m; row += 16) {
    for (size_t column = 0; column < n; column += 16) {
      const size_t rows = m - row < 16 ? m - row : 16, columns = n - column < 16 ? n - column : 16;
      for (size_t step = 0; step < k; step += 64) {
        const size_t depth = k - step < 64 ? k - step : 64;
        const DotConfig config(rows, columns, depth / 4);
        LoadConfig(config.bytes);
        LoadTile0(c + row * n + column, 4 * n);
        LoadTile1(a + row * k + step, k);
        LoadTile2Once(b + (step / 4 * n + column) * 4, 4 * n);
        DotTiles();
        StoreTile0(c + row * n + column, 4 * n);
      }
    }
  }
  Release();
}
constexpr size_t AmxMatMulSteps(size_t m, size_t n, size_t k) {
  return (m + 15) / 16 * ((n + 15) / 16) * ((k + 63) / 64);
}

// acc += a * b, all of them signed bytes, with VPDPBSSD on 32 bytes. Returns all 64 bytes of the register.
inline void Vpdpbssd(const uint8_t* a, const uint8_t* b, uint8_t* acc32) {
  __asm__ volatile(
      "vmovdqu (%0), %%ymm8\n\t"
      "vmovdqu (%1), %%ymm15\n\t"
      "vmovdqu (%2), %%ymm3\n\t"
      ".byte 0xc4, 0x62, 0x07, 0x50, 0xc3\n\t"  // vpdpbssd ymm8, ymm15, ymm3
      "vmovdqu %%ymm8, (%0)\n\t"
      "vzeroupper" ::"r"(acc32),
      "r"(a), "r"(b)
      : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15");
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_KERNELS_H_
