// ISA layer: VPDPBUSD, on 512-bit vectors (tier avx512_vnni) and on 256-bit ones (avx_vnni), and VPDPBSSD on the latter
// (avx_vnni_int8).
//
// VPDPBUSD adds four products of an unsigned and a signed byte to each int32 lane and never saturates. B is the signed
// operand and comes straight from the panels; A is the unsigned one and is broadcast. Signed A is read as a ^ 0x80
// = a + 128; the sums then owe -128 * column_sums. VPDPBSSD takes signed bytes on both sides: signed A needs no such
// trick.
//
// Where rows are arranged, they are arranged ^ 0x80. In place a ^ 0x80 is part of the load of A, as VPXORD with a
// broadcast operand: free on AMD, but on Intel, where 512-bit logic shares both ports with VPDPBUSD, a quarter more for
// these. So signed rows are arranged there. (Rejected: b ^ 0x80 in the loop, so that A may stay signed. It costs
// nothing on Zen 4, but 8 to 14 % on Intel.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_VNNI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#undef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#endif

#include <type_traits>

#include "isoquant/inl/isa/plain_nxk-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_bytes_in_place-inl.h"

// Inline asm, so that no -m flag and no Highway target above AVX3 is needed. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseVnni(const Cpu& cpu) {
#if HWY_TARGET == HWY_AVX2
  return (cpu.leaf7_1_eax >> 4 & 1) != 0 ? nullptr : "the CPU lacks AVX-VNNI: CPUID(7,1).EAX[4] is 0";
#else
  return (cpu.leaf7_ecx >> 11 & 1) != 0 ? nullptr : "the CPU lacks AVX512-VNNI: CPUID(7,0).ECX[11] is 0";
#endif
}

// AMD's cores have ports for logic on vectors beside those of VPDPBUSD.
inline bool FlipsAreFree(const Cpu& cpu) {
  constexpr uint32_t kAuth = 0x68747541, kHygo = 0x6f677948;  // the beginnings of AuthenticAMD and HygonGenuine
  return cpu.leaf0_ebx == kAuth || cpu.leaf0_ebx == kHygo;
}

#if HWY_TARGET == HWY_AVX2
inline const char* RefuseVnniInt8(const Cpu& cpu) {
  if ((cpu.leaf7_1_edx >> 4 & 1) == 0) return "the CPU lacks AVX-VNNI-INT8: CPUID(7,1).EDX[4] is 0";
  return RefuseVnni(cpu);  // u8 x s8 is VPDPBUSD
}
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Instructions: each lane of acc += four bytes of a times four bytes of b.
struct Vpdpbusd {
  using A = uint8_t;
  using B = int8_t;
  using Acc = int32_t;
  static constexpr bool kSignedA = false;
  static constexpr bool kAddsApart = false;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
#if HWY_TARGET == HWY_AVX2
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc.raw) : "x"(a.raw), "x"(b.raw));
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(b.raw));
#endif
    return acc;
  }
};

#if HWY_TARGET == HWY_AVX2
// Written in bytes, because assemblers know it only since binutils 2.40 and LLVM 16: VEX.256.F2.0F38.W0 50 /r, where
// ModRM.reg is acc, VEX.vvvv is a, and ModRM.rm is b. The assembler finds the numbers of the registers by comparing
// their names.
struct Vpdpbssd {
  using A = uint8_t;  // as bytes
  using B = int8_t;
  using Acc = int32_t;
  static constexpr bool kSignedA = true;
  static constexpr bool kAddsApart = false;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    __asm__(
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        ".ifc %0,%%ymm\\n\n .set .Lisoquant_acc, \\n\n .endif\n"
        ".ifc %1,%%ymm\\n\n .set .Lisoquant_a, \\n\n .endif\n"
        ".ifc %2,%%ymm\\n\n .set .Lisoquant_b, \\n\n .endif\n"
        ".endr\n"
        ".byte 0xc4, 0x42 | ((.Lisoquant_acc & 8) ^ 8) << 4 | ((.Lisoquant_b & 8) ^ 8) << 2\n"
        ".byte 0x07 | (.Lisoquant_a ^ 15) << 3, 0x50\n"
        ".byte 0xc0 | (.Lisoquant_acc & 7) << 3 | (.Lisoquant_b & 7)"
        : "+x"(acc.raw)
        : "x"(a.raw), "x"(b.raw));
    return acc;
  }
};
#endif

// The tiles of such an instruction, for A of type TA.
template <class TA, class Dot>
struct BytesWith : BroadcastTiles<Dot> {
  using A = TA;
  static constexpr bool kFlips = A(-1) < A(0) && !Dot::kSignedA;
  static constexpr bool kColumnSums = kFlips;
#ifndef ISOQUANT_ONLY_LINEAR  // a build of a part of the operations, without convolutions
  using WindowTile = BytesInPlace<Dot, WindowTileArgs, false>;
#endif
  using PlainTile = PlainTiles<PlainBytes<A, Dot, kFlips>>;
  using RowTile = BytesInPlace<Dot, typename BroadcastTiles<Dot>::Args, kFlips>;
  // (256-bit vectors have one tile, 6 x 2: from arranged rows it takes as many instructions.)
  static constexpr size_t kInPlaceMR = HWY_TARGET <= HWY_AVX3 ? RowTile::kMR : 0;
  static constexpr size_t kInPlaceNR = HWY_TARGET <= HWY_AVX3 ? RowTile::kNR : 0;

  static HWY_INLINE bool MayReadInPlace() { return !kFlips || FlipsAreFree(DetectCpu()); }
  static HWY_INLINE void TileInPlace(const typename BroadcastTiles<Dot>::Args& args) { RowTile::Tile(args); }

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, uint8_t* HWY_RESTRICT out) {
    ArrangeBroadcast<kFlips ? 0x80 : 0>::Run(reinterpret_cast<const uint8_t*>(a), a_stride, k, rows, out);
  }
};

template <class A>
struct Vnni : BytesWith<A, Vpdpbusd> {
#if HWY_TARGET == HWY_AVX2
  static constexpr char kName[] = "avx_vnni";
#else
  static constexpr char kName[] = "avx512_vnni";
#endif
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVnni;
};

#if HWY_TARGET == HWY_AVX2
template <class A>
struct VnniInt8 : BytesWith<A, std::conditional_t<(A(-1) < A(0)), Vpdpbssd, Vpdpbusd>> {
  static constexpr char kName[] = "avx_vnni_int8";
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVnniInt8;
};
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
