// ISA layer: the instructions of AMX on tiles of registers, and what a CPU must have for them.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_AMX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_AMX_INL_H_
#undef ISOQUANT_INL_ISA_AMX_INL_H_
#else
#define ISOQUANT_INL_ISA_AMX_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/isa/between_steps.h"

// Inline asm in bytes, for assemblers older than AMX. Only 64-bit mode has tiles; MSVC has no asm there.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// `refusal`: null, or what the CPU lacks of the instruction itself.
inline const char* RefuseAmx(const Cpu& cpu, const char* refusal) {
#if defined(ISOQUANT_AMX) && !ISOQUANT_AMX
  (void)cpu;
  (void)refusal;
  return "this build leaves AMX out: ISOQUANT_AMX is OFF";
#elif !defined(__linux__)
  (void)cpu;
  (void)refusal;
  return "AMX is not attempted on this operating system: only Linux grants tiles in a way that this library knows";
#else
  if ((cpu.leaf7_edx >> 24 & 1) == 0) return "the CPU lacks AMX-TILE: CPUID(7,0).EDX[24] is 0";
  if (refusal != nullptr) return refusal;
  if ((cpu.leaf1_ecx >> 27 & 1) == 0) return "the operating system does not use XSAVE: CPUID(1).ECX[27] is 0";
  if ((cpu.xcr0 >> 17 & 3) != 3) return "the operating system does not save tiles: XCR0[17] or XCR0[18] is 0";
  return nullptr;
#endif
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// One instruction each. They are volatile and clobber memory, because compilers know neither the tiles nor what memory
// an instruction touches. The base register is always rax and the stride always in rcx, because the instructions are
// written in bytes.
namespace amx {

constexpr size_t kRows = 16, kRowBytes = 64;  // of a tile
constexpr size_t kTileBytes = kRows * kRowBytes;

// ldtilecfg (%rax)
HWY_INLINE void LoadConfig(const void* config) {
  __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00" : : "a"(config) : "memory");
}
// tilerelease
HWY_INLINE void Release() { __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0xc0" : : : "memory"); }

// tilezero %tmmN
template <int kTile>
HWY_INLINE void Zero() {
  __asm__ volatile(".byte 0xc4, 0xe2, 0x7b, 0x49, %c0" : : "i"(0xc0 | kTile << 3) : "memory");
}
// tileloadd (%rax,%rcx), %tmmN; or tileloaddt1, for what will not stay in L1
template <int kTile, bool kStreams = false>
HWY_INLINE void Load(const void* from, size_t stride) {
  __asm__ volatile(".byte 0xc4, 0xe2, %c0, 0x4b, %c1, 0x08"
                   :
                   : "i"(kStreams ? 0x79 : 0x7b), "i"(0x04 | kTile << 3), "a"(from), "c"(stride)
                   : "memory");
}
// tilestored %tmmN, (%rax,%rcx)
template <int kTile>
HWY_INLINE void Store(void* to, size_t stride) {
  __asm__ volatile(".byte 0xc4, 0xe2, 0x7a, 0x4b, %c0, 0x08"
                   :
                   : "i"(0x04 | kTile << 3), "a"(to), "c"(stride)
                   : "memory");
}
// tdp* %tmmB, %tmmA, %tmmC. (Intel's order is C, A, B: A is in ModRM, B in VEX.)
template <int kOpcode, int kPrefix, int kC, int kA, int kB>
HWY_INLINE void Multiply() {
  __asm__ volatile(".byte 0xc4, 0xe2, %c0, %c1, %c2"
                   :
                   : "i"((~kB & 15) << 3 | kPrefix), "i"(kOpcode), "i"(0xc0 | kC << 3 | kA)
                   : "memory");
}

// What LDTILECFG reads: palette 1, then bytes of a row and rows of each tile.
struct alignas(64) Config {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

// How many rows run with each of the steps of a tile, and how many have run.
class RowsBetween {
 public:
  HWY_INLINE RowsBetween(const BetweenSteps* between, size_t steps)
      : rows_(between != nullptr ? between->rows : 0), per_step_(rows_ == 0 ? 0 : PerStep(*between, steps)) {}

  HWY_INLINE void Run(const BetweenSteps* between) {
    if (done_ >= rows_) return;
    const size_t left = rows_ - done_, rows = left < per_step_ ? left : per_step_;
    between->run(*between, done_, rows);
    done_ += rows;
  }
  HWY_INLINE void RunRest(const BetweenSteps* between) {
    if (done_ < rows_) between->run(*between, done_, rows_ - done_);
  }

 private:
  static HWY_INLINE size_t PerStep(const BetweenSteps& between, size_t steps) {
    const size_t even = steps == 0 ? between.rows : (between.rows + steps - 1) / steps;
    return even > between.least_rows ? even : between.least_rows;
  }

  const size_t rows_, per_step_;
  size_t done_ = 0;
};

}  // namespace amx

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86-64 with inline asm
#endif  // per-target include guard
