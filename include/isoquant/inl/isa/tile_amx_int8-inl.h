// ISA layer: TDPBUSD and TDPBSSD, the int8 products of AMX-INT8 (tier amx_int8). No trick with signs is needed: u8 x s8
// is TDPBUSD, s8 x s8 is TDPBSSD.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_AMX_INT8_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_AMX_INT8_INL_H_
#undef ISOQUANT_INL_ISA_TILE_AMX_INT8_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_AMX_INT8_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/isa/amx-inl.h"
#include "isoquant/inl/isa/tile_amx-inl.h"
#include "isoquant/inl/isa/tile_amx_windows-inl.h"

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseAmxInt8(const Cpu& cpu) {
  return RefuseAmx(cpu, (cpu.leaf7_edx >> 25 & 1) != 0 ? nullptr : "the CPU lacks AMX-INT8: CPUID(7,0).EDX[25] is 0");
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// TDPBSSD, or TDPBUSD, where A is unsigned.
template <class TA>
struct TdpInt8 {
  using A = TA;
  using B = int8_t;
  using Acc = int32_t;
  template <int kC, int kA, int kB>
  static HWY_INLINE void Multiply() {
    amx::Multiply<0x5e, A(-1) < A(0) ? 3 : 1, kC, kA, kB>();
  }
};

template <class TA>
struct Amx : AmxTiles<TdpInt8<TA>> {
#ifndef ISOQUANT_ONLY_LINEAR  // a build of a part of the operations, without convolutions
  using WindowTile = AmxWindowTile<AmxTiles<TdpInt8<TA>>>;
#endif
  static constexpr char kName[] = "amx_int8";
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseAmxInt8;

  // Speed of TDP* over that of VPDPBUSD (the same command with ISOQUANT_MAX_TIER=avx512_vnni). K >= 256: 1.3 to 4 with
  // 5 to 16 rows, 0.9 with one. K = 64 and 100: 1.1 to 2.5 with 32 rows, mostly below 1 with 12. Below 1: shorter K,
  // and products of a tile or two. Weights from beyond L2: 0.86 to 1.0 up to 12 rows, because VPDPBUSD keeps up with
  // them.
  static constexpr char kShapes[] =
      "from 5 x 256 (13 x 256 if B has 4 MiB) or 32 x 64 (M x K) and from 32768 products on";
  static constexpr bool Suits(size_t m, size_t k, size_t n) {
    const bool rows = k >= 256 ? m >= (k * n < (size_t{4} << 20) ? 5 : 13) : k >= 64 && m >= 32;
    return rows && m * k * n >= 32768;
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86-64 with inline asm
#endif  // per-target include guard
