// ISA layer: products of bf16, exact: each output is the chain of fused multiply-adds of the elements as f32
// (tile_fma-inl.h). So all policies here give the same bits, on every target.
//
// A bf16 is the upper half of its f32. Rows of A become f32 where they are arranged. A line of a panel is two k of 16
// columns: a shift makes f32 of the even k, and a mask of the odd ones, on the way from the panel to the instruction.
// That costs a vector operation for each vector of B, which all rows of the tile share. If K is odd, the last line ends
// with +0, and rows with -0: the product is -0, and a sum that is -0 stays -0.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_BF16_INL_H_
#undef ISOQUANT_INL_ISA_TILE_BF16_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_BF16_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/float_types.h"
#include "isoquant/inl/isa/float_types-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_dot-inl.h"
#include "isoquant/inl/isa/tile_fma-inl.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Of pairs of bf16: part 0 is the first of each as f32, part 1 the second.
template <size_t kPart, class D, class VU = hn::Vec<hn::RebindToUnsigned<D>>>
HWY_INLINE hn::Vec<D> WidenPart(D d, VU pairs) {
  constexpr bool kUpper = (kPart == 1) == (HWY_IS_LITTLE_ENDIAN != 0);
  if constexpr (!kUpper) return hn::BitCast(d, hn::ShiftLeft<16>(pairs));
  return hn::BitCast(d, hn::And(pairs, hn::Set(hn::RebindToUnsigned<D>(), 0xffff0000u)));
}

// Rows as f32 in pieces of kPieceK that alternate over the rows, with -0 behind an odd K. Memory has whole pieces.
template <size_t kPieceK>
HWY_INLINE void ArrangeWidened(const BFloat16* a, size_t a_stride, size_t k, size_t rows, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, kPieceK> d;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < k; i += kPieceK, a += kPieceK) {
    const BFloat16* from = a;
    for (size_t r = 0; r < rows; ++r, from += a_stride, out += kPieceK) {
      for (size_t j = 0; j < kPieceK && i + j < k; j += lanes) {
        const auto bits = LoadFirst(d16, reinterpret_cast<const uint16_t*>(from + j), k - i - j);
        hn::StoreU(PromoteBf16(d, bits), d, out + j);
      }
      if (k - i < kPieceK && k % 2 != 0) out[k - i] = -0.0f;
    }
  }
}

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

struct WidenedVfmadd231ps : Vfmadd231ps {
  using B = BFloat16;
  template <size_t kPart, class V>
  static HWY_INLINE V Widen(V line) {
#if HWY_TARGET == HWY_AVX2
    // In place, and with a mask in memory, because sums, A and B take 15 of the 16 registers.
    if constexpr (kPart == 0) {
      __asm__("vpslld $16, %0, %0" : "+x"(line.raw));
    } else {
      __asm__("vandps %1, %0, %0" : "+x"(line.raw) : "m"(kUpperHalves));
    }
    return line;
#else
    const hn::DFromV<V> d;
    return WidenPart<kPart>(d, hn::BitCast(hn::RebindToUnsigned<decltype(d)>(), line));
#endif
  }

 private:
#if HWY_TARGET == HWY_AVX2
  struct Mask {
    uint32_t lanes[8];
  };
  static constexpr Mask kUpperHalves alignas(32) = {
      { 0xffff0000u,
        0xffff0000u,
        0xffff0000u,
        0xffff0000u,
        0xffff0000u,
        0xffff0000u,
        0xffff0000u,
        0xffff0000u }};
#endif
};

// For tiles in place.
struct WidenedLines {
  using B = BFloat16;
  using Dot = Vfmadd231ps;
  static constexpr size_t kGroup = 1, kWords = 4;
  template <bool kMasked, bool kEndsWithin, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const BFloat16* from, size_t, size_t n) {
    const hn::Rebind<uint16_t, D> d16;
    const uint16_t* const bits = reinterpret_cast<const uint16_t*>(from);
    return PromoteBf16(d, kMasked ? LoadFirst(d16, bits, n) : hn::LoadU(d16, bits));
  }
};

struct Bf16Tiles : BroadcastTiles<WidenedVfmadd231ps> {
  using PlainTile = InPlaceTiles<WidenedLines>;
};

#elif HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

struct WidenedFmla : Fmla {
  using B = BFloat16;
  // Ten rows share what it costs to widen B: an instruction for ten FMLAs. (20 accumulators, 5 registers of A, 2 of B.
  // Eight rows: 89 % of what FMLA allows on neoverse-n1, -v1 and -v2 by LLVM's models, bench/mca.sh; ten: 91.)
  static constexpr size_t kMostRows = 10;
  template <size_t kPart>
  static HWY_INLINE VB LoadPart(const B* line) {
    return WidenPart<kPart>(DB(), hn::LoadU(hn::RebindToUnsigned<DB>(), reinterpret_cast<const uint32_t*>(line)));
  }
};
using Bf16Tiles = DotTiles<WidenedFmla>;

#else

struct Bf16Tiles : AnyShape {
  using B = BFloat16;
  using Acc = float;
  using ArrangedA = float;
  using ArrangedB = BFloat16;
  static constexpr size_t kMR = 4, kNR = 16, kTallMR = kMR, kKR = 2, kPieceK = kKR;
  static constexpr bool kReadsRows = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  using State = NoState;
  using D = hn::CappedTag<float, 16>;
  using V = hn::Vec<D>;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;

  static void ArrangePanel(const B*, size_t, ArrangedB*) {}  // never

  static HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> LoadPairs(const B* from) {
    const hn::RebindToUnsigned<D> d;
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(d, LoadUnaligned<uint32_t>(from));  // a load would be one of a type that is not there
#else
    return hn::LoadU(d, reinterpret_cast<const uint32_t*>(from));
#endif
  }

  static HWY_NOINLINE void Tile(State&, const Args& args) {
    const D d;
    for (size_t r = 0; r < args.rows; ++r) {
      for (size_t col = 0; col < 16; col += hn::Lanes(d)) {
        float* const c = args.c + r * args.c_stride + col;
        V sum = args.add ? hn::LoadU(d, c) : hn::Zero(d);
        const float* a = args.a + r * args.a_stride;
        for (size_t k = 0; k < args.k; k += kKR, a += args.a_step) {
          const auto pairs = LoadPairs(args.b + k * 16 + col * kKR);
          sum = FusedMulAdd(d, hn::Set(d, a[0]), WidenPart<0>(d, pairs), sum);
          sum = FusedMulAdd(d, hn::Set(d, a[1]), WidenPart<1>(d, pairs), sum);
        }
        hn::StoreU(OneNaN(d, sum), d, c);
      }
    }
  }
};

#endif

struct Bf16Policy : Bf16Tiles, TargetTier {
  using A = BFloat16;
  static constexpr bool kColumnSums = false;

  static HWY_NOINLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, float* HWY_RESTRICT out) {
    ArrangeWidened<kPieceK>(a, a_stride, k, rows, out);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
