// ISA layer: products of f32 by fused multiply-add: each output is one chain over increasing k. So all policies here
// give the same bits, on every target.
//
// x86 with FMA has the tile of tile_broadcast-inl.h, AArch64 that of tile_dot-inl.h, with FMLA by element. Any other
// target computes one vector of sums after another, by instructions or by emulated ones (fma-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_FMA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_FMA_INL_H_
#undef ISOQUANT_INL_ISA_TILE_FMA_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_FMA_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_dot-inl.h"
#include "isoquant/inl/isa/tile_in_place-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

struct Vfmadd231ps {
  using A = float;
  using B = float;
  using Acc = float;
  static constexpr bool kAddsApart = false;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    // Asm, because with the intrinsic g++ 12 overwrites the broadcasts in place of the sums, and moves and spills
    // these.
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(b.raw));
    return acc;
  }
#if HWY_TARGET <= HWY_AVX3
  template <class V>
  static HWY_INLINE V AccumulateOne(V acc, const void* a, V b) {
    if constexpr (sizeof(acc.raw) == 64) {
      __asm__("vfmadd231ps %1%{1to16%}, %2, %0" : "+v"(acc.raw) : "m"(FourBytes(a)), "v"(b.raw));
    } else {
      __asm__("vfmadd231ps %1%{1to8%}, %2, %0" : "+v"(acc.raw) : "m"(FourBytes(a)), "v"(b.raw));
    }
    return acc;
  }
#endif
};

// For tiles in place.
struct LinesOfF32 {
  using B = float;
  using Dot = Vfmadd231ps;
  static constexpr size_t kGroup = 1, kWords = 0;
  template <bool kMasked, bool kEndsWithin, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const float* from, size_t, size_t n) {
    return kMasked ? hn::MaskedLoad(hn::FirstN(d, n), d, from) : hn::LoadU(d, from);
  }
};

struct F32Policy : BroadcastTiles<Vfmadd231ps>, TargetTier {
  using PlainTile = InPlaceTiles<LinesOfF32>;
  using A = float;
  static constexpr bool kColumnSums = false;

  static HWY_INLINE void ArrangeTile(const float* a, size_t a_stride, size_t k, size_t rows, float* HWY_RESTRICT out) {
    ArrangeBroadcast<0>::Run(reinterpret_cast<const uint8_t*>(a), a_stride * sizeof(*a), k * sizeof(*a), rows,
                             reinterpret_cast<uint8_t*>(out));
  }
};

#elif HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

struct Fmla : DotByElement<DotVectors<float, float>, 0x4f801000, 0x64a00000> {};

struct F32Policy : DotTiles<Fmla>, TargetTier {
  using A = float;
  static constexpr bool kColumnSums = false;

  static HWY_INLINE void ArrangeTile(const float* a, size_t a_stride, size_t k, size_t rows, float* HWY_RESTRICT out) {
    ArrangeInPieces(reinterpret_cast<const uint8_t*>(a), a_stride * sizeof(*a), k * sizeof(*a), rows, 0,
                    reinterpret_cast<uint8_t*>(out));
  }
};

#else

struct F32Policy : AnyShape, TargetTier {
  using A = float;
  using B = float;
  using Acc = float;
  using ArrangedA = float;
  using ArrangedB = float;
  static constexpr size_t kMR = 4, kNR = 16, kTallMR = kMR, kKR = 1, kPieceK = kKR;
  static constexpr bool kReadsRows = true;
  static constexpr bool kColumnSums = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  using State = NoState;
  using D = hn::CappedTag<float, 16>;
  using V = hn::Vec<D>;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;

  static void ArrangePanel(const float*, size_t, float*) {}  // never

  static HWY_NOINLINE void ArrangeTile(const float* a, size_t a_stride, size_t k, size_t rows, float* out) {
    for (size_t i = 0; i < k; ++i) {
      for (size_t r = 0; r < rows; ++r) *out++ = a[r * a_stride + i];
    }
  }

  static HWY_NOINLINE void Tile(State&, const Args& args) {
    const D d;
    for (size_t r = 0; r < args.rows; ++r) {
      for (size_t col = 0; col < 16; col += hn::Lanes(d)) {
        float* const c = args.c + r * args.c_stride + col;
        V sum = args.add ? hn::LoadU(d, c) : hn::Zero(d);
        const float* a = args.a + r * args.a_stride;
        for (size_t k = 0; k < args.k; ++k, a += args.a_step) {
          sum = FusedMulAdd(d, hn::Set(d, *a), hn::LoadU(d, args.b + k * 16 + col), sum);
        }
        hn::StoreU(OneNaN(d, sum), d, c);
      }
    }
  }
};

#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
