// ISA layer: VDPBF16PS on 512-bit vectors (tier avx512_bf16), TDPBF16PS of AMX (amx_bf16), and BFMMLA with BFDOT on
// NEON (neon_bf16) and on SVE vectors of any length (sve_bf16): more products than fused multiply-add, but not its
// bits. For FloatMode::kFast alone.
//
// VDPBF16PS adds two products of bf16 to each f32 lane, rounding after each. It takes subnormal numbers for zeros, on
// both sides, and makes zeros of subnormal sums, whatever MXCSR says. An output is one chain of such steps in
// increasing k that starts from C or from 0: so the bits do not depend on tiles, chunks or batching. If K is odd, both
// sides end with +0. TDPBF16PS treats subnormal numbers in the same way, and adds 32 k at a time: K is filled up with
// zeros to a multiple of that, whatever the shape. No shape is left to another tier, because the choice would depend on
// the rows of a call, and bits on it.
//
// BFDOT adds the sum of two products to each f32 lane. It rounds that sum, then the next one, to odd (the last bit is
// set unless the result is exact), and takes subnormal numbers for zeros. BFMMLA does to each of 2 x 2 sums what two
// BFDOT do (BFMatMulAdd and BFDotAdd in the Arm Architecture Reference Manual, DDI 0487, FPCR.EBF being 0, as Linux has
// it). So few rows may take BFDOT, many BFMMLA, to the same bits; K is filled up with zeros to a multiple of four.
// Layout and registers are those of SDOT and SMMLA (tile_dot-inl.h, tile_mmla-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_BF16_FAST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_BF16_FAST_INL_H_
#undef ISOQUANT_INL_ISA_TILE_BF16_FAST_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_BF16_FAST_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/float_types.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_amx-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_dot-inl.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/isa/tile_mmla-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

// Inline asm, as in tile_vnni-inl.h.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseAvx512Bf16(const Cpu& cpu) {
  return (cpu.leaf7_1_eax >> 5 & 1) != 0 ? nullptr : "the CPU lacks AVX512-BF16: CPUID(7,1).EAX[5] is 0";
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct Vdpbf16ps {
  using A = BFloat16;
  using B = BFloat16;
  using Acc = float;
  static constexpr bool kAddsApart = false;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(b.raw));
    return acc;
  }
  template <class V>
  static HWY_INLINE V AccumulateOne(V acc, const void* a, V b) {
    __asm__("vdpbf16ps %1%{1to16%}, %2, %0" : "+v"(acc.raw) : "m"(FourBytes(a)), "v"(b.raw));
    return acc;
  }
};

// For tiles in place: two lines, interleaved.
struct PairsOfLines {
  using B = BFloat16;
  using Dot = Vdpbf16ps;
  static constexpr size_t kGroup = 2, kWords = 2;
  template <bool kMasked, bool kEndsWithin, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const BFloat16* from, size_t line, size_t n) {
    const hn::RebindToUnsigned<D> d32;
    const auto first = Widened<kMasked>(d32, from, n);
    if constexpr (kEndsWithin) return hn::BitCast(d, first);
    return hn::BitCast(d, hn::Or(first, hn::ShiftLeft<16>(Widened<kMasked>(d32, from + line, n))));
  }

 private:
  template <bool kMasked, class D32>
  static HWY_INLINE hn::Vec<D32> Widened(D32 d32, const BFloat16* from, size_t n) {
    const hn::Rebind<uint16_t, D32> d16;
    const uint16_t* const bits = reinterpret_cast<const uint16_t*>(from);
    return hn::PromoteTo(d32, kMasked ? LoadFirst(d16, bits, n) : hn::LoadU(d16, bits));
  }
};

struct Avx512Bf16 : BroadcastTiles<Vdpbf16ps> {
  using PlainTile = InPlaceTiles<PairsOfLines>;
  static constexpr char kName[] = "avx512_bf16";
  using A = BFloat16;
  static constexpr bool kColumnSums = false;
  static constexpr bool kNeedsFastMode = true;
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseAvx512Bf16;

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, A* HWY_RESTRICT out) {
    ArrangeBroadcast<0>::Run(reinterpret_cast<const uint8_t*>(a), a_stride * sizeof(*a), k * sizeof(*a), rows,
                             reinterpret_cast<uint8_t*>(out));
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // AVX-512 with inline asm

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseAmxBf16(const Cpu& cpu) {
  return RefuseAmx(cpu, (cpu.leaf7_edx >> 22 & 1) != 0 ? nullptr : "the CPU lacks AMX-BF16: CPUID(7,0).EDX[22] is 0");
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct Tdpbf16ps {
  using A = BFloat16;
  using B = BFloat16;
  using Acc = float;
  template <int kC, int kA, int kB>
  static HWY_INLINE void Multiply() {
    amx::Multiply<0x5c, 2, kC, kA, kB>();
  }
};

struct AmxBf16 : AmxTiles<Tdpbf16ps> {
  static constexpr char kName[] = "amx_bf16";
  static constexpr bool kNeedsFastMode = true;
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseAmxBf16;

  static HWY_INLINE void Tile(State& state, const Args& args) {
    AmxTiles<Tdpbf16ps>::Tile(state, args);
    MakeOneNaN(args);
  }

 private:
  // In memory, because tiles have no instruction for it. Sums are seldom NaN, so they are read first.
  static HWY_NOINLINE void MakeOneNaN(const Args& args) {
    const hn::CappedTag<float, 16> d;
    const size_t cols = args.panels * PackedPanels::kColumns;
    for (size_t r = 0; r < args.rows; ++r) {
      float* const c = args.c + r * args.c_stride;
      for (size_t i = 0; i < cols; i += hn::Lanes(d)) {
        const auto sums = hn::LoadU(d, c + i);
        if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Eq(sums, sums)))) hn::StoreU(OneNaN(d, sums), d, c + i);
      }
    }
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86-64 with inline asm

#if HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseArmBf16(const Cpu& cpu) {
#if HWY_TARGET_IS_SVE
  if (const char* refusal = RefuseVectorLength(cpu)) return refusal;
  return (cpu.hwcap2 >> 12 & 1) != 0 ? nullptr : "the CPU lacks FEAT_BF16 for SVE: HWCAP2[12] (svebf16) is 0";
#else
  return (cpu.hwcap2 >> 14 & 1) != 0 ? nullptr : "the CPU lacks FEAT_BF16: HWCAP2[14] (bf16) is 0";
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

// Bits of bf16, because Highway's own bf16 is not of all targets.
using Bf16Vectors = DotVectors<int16_t, float>;
struct Bfdot : DotByElement<Bf16Vectors, 0x4f40f000, 0x64604000> {
  using B = BFloat16;
  static constexpr bool kFillsPieces = true;
};
struct Bfmmla : MatrixMultiply<Bf16Vectors, 0x6e40ec00, 0x6460e400> {};

// Ten rows, because BFMMLA has a latency of five cycles and four start in each on neoverse-v1: twenty accumulators.
struct ArmBf16 : MmlaTiles<Bfmmla, Bfdot, 10> {
#if HWY_TARGET_IS_SVE
  static constexpr char kName[] = "sve_bf16";
#else
  static constexpr char kName[] = "neon_bf16";
#endif
  using A = BFloat16;
  static constexpr bool kColumnSums = false;
  static constexpr bool kNeedsFastMode = true;
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseArmBf16;

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, ArrangedA* HWY_RESTRICT out) {
    ArrangeInPieces(reinterpret_cast<const uint8_t*>(a), a_stride * sizeof(*a), k * sizeof(*a), rows, 0,
                    reinterpret_cast<uint8_t*>(out));
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // AArch64
#endif  // per-target include guard
