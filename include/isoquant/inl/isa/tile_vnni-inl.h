// ISA layer: VPDPBUSD, on 512-bit vectors (tier avx512_vnni) and on 256-bit ones (avx_vnni).
//
// VPDPBUSD adds four products of an unsigned and a signed byte to each int32 lane and never saturates. B is the signed
// operand, straight from the panels; A is the unsigned one, broadcast. Signed A is arranged as a ^ 0x80 = a + 128,
// which owes -128 * column_sums. (The other way round, b ^ 0x80 in the loop, costs a vector operation per load of B:
// nothing on Zen 4, but 8 to 14 % on Intel, where 512-bit logic shares both ports with VPDPBUSD.)
//
// Registers: 12 rows x 2 vectors = 24 accumulators, 2 of B, 1 of A, of 32; or 6 x 2 + 2 + 1 of 16. Intel's latency of 5
// at 2 per cycle needs 10 accumulators; 12 rows rather than 6 halve the traffic of B (6: 93 %, 12: 99 % of peak at
// K = 1024, Granite Rapids).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_VNNI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#undef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#endif

#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/vectors-inl.h"

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

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct VnniTiles {
#if HWY_TARGET == HWY_AVX2
  static constexpr char kName[] = "avx_vnni";
  static constexpr size_t kMR = 6, kNR = 16;
#else
  static constexpr char kName[] = "avx512_vnni";
  static constexpr size_t kMR = 12, kNR = 32;
#endif
  static constexpr size_t kKR = 4;
  using ArrangedA = uint8_t;
  using ArrangedB = int8_t;
  static constexpr size_t kPieceK = 64;
  static constexpr bool kReadsRows = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  static void ArrangePanel(const int8_t*, size_t, ArrangedB*) {}  // never: the panels are what VPDPBUSD wants
  struct State {};

  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVnni;

  using Args = TileArgs<ArrangedA, ArrangedB>;
  using D32 = hn::CappedTag<int32_t, 16>;
  using V32 = hn::Vec<D32>;

  static HWY_INLINE V32 DotAccumulate(V32 acc, V32 a_unsigned, V32 b_signed) {
#if HWY_TARGET == HWY_AVX2
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc.raw) : "x"(a_unsigned.raw), "x"(b_signed.raw));
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(a_unsigned.raw), "v"(b_signed.raw));
#endif
    return acc;
  }

  // One row of accumulators, of B or of initial values. (x86 vectors have a size, so they may be members.)
  template <size_t kVectors>
  struct Row {
    V32 v[kVectors];
  };

  // kRows x kVectors vectors. A panel is one vector of 16 lanes, or two of 8.
  template <size_t kVectors>
  struct Columns {
    using RowV = Row<kVectors>;

    // One group of four K: a row at `a`, then the rows below it.
    template <class... Below>
    static HWY_INLINE void Step(const uint8_t* a, const RowV& b, RowV& acc, Below&... below) {
      const V32 va = hn::Set(D32(), LoadUnaligned<int32_t>(a));
      for (size_t i = 0; i < kVectors; ++i) acc.v[i] = DotAccumulate(acc.v[i], va, b.v[i]);
      if constexpr (sizeof...(Below) != 0) Step(a + kPieceK, b, below...);
    }

    static HWY_INLINE RowV LoadRow(const int32_t* from, size_t step) {
      RowV row;
      for (size_t i = 0; i < kVectors; ++i) row.v[i] = hn::Load(D32(), from + i * step);
      return row;
    }
    static HWY_INLINE RowV ZeroRow() {
      RowV row;
      for (size_t i = 0; i < kVectors; ++i) row.v[i] = hn::Zero(D32());
      return row;
    }

    template <bool kAdd, class... Below>
    static HWY_INLINE void StoreRows(int32_t* c, size_t c_stride, const RowV& init, const RowV& acc,
                                     const Below&... below) {
      const D32 d;
      for (size_t i = 0; i < kVectors; ++i) {
        V32 sum = hn::Add(acc.v[i], init.v[i]);
        if (kAdd) sum = hn::Add(sum, hn::LoadU(d, c + i * hn::Lanes(d)));
        hn::StoreU(sum, d, c + i * hn::Lanes(d));
      }
      if constexpr (sizeof...(Below) != 0) StoreRows<kAdd>(c + c_stride, c_stride, init, below...);
    }

    // Four at a time: scalar instructions take slots of the ports that VPDPBUSD needs (93.5 against 95.3 % of peak).
    // One prefetch for each: with two tiles of rows or more, each group of kNR columns finds its B in L2 (16 rows, K =
    // N = 4096: 71 against 62 %; 64 rows: 95 against 89).
    template <class... Acc>
    static HWY_INLINE void FourSteps(const uint8_t*& a, const int32_t*& b, size_t second, const int8_t*& next,
                                     Acc&... acc) {
      PrefetchToL2(next);
      Step(a, LoadRow(b, second), acc...);
      PrefetchToL2(next + 64);
      Step(a + kKR, LoadRow(b + 16, second), acc...);
      PrefetchToL2(next + 128);
      Step(a + 2 * kKR, LoadRow(b + 32, second), acc...);
      PrefetchToL2(next + 192);
      Step(a + 3 * kKR, LoadRow(b + 48, second), acc...);
      a += 4 * kKR;
      b += 64;
      next += 256;
    }

    template <size_t kRows>
    struct Kernel {
      // Each level declares the accumulators of one row: separate locals stay in registers, an array of them does not.
      template <class... Acc>
      static HWY_INLINE void Loop(const Args& args, Acc&... acc) {
        if constexpr (sizeof...(Acc) < kRows) {
          RowV row = ZeroRow();
          Loop(args, acc..., row);
        } else {
          const int32_t* b = reinterpret_cast<const int32_t*>(args.b);
          const size_t second = kNR == 16 ? hn::Lanes(D32()) : args.panel_stride / sizeof(int32_t);
          const uint8_t* a = args.a;
          const int8_t* next = args.prefetch;
          size_t k = args.k;
          for (; k >= kPieceK; k -= kPieceK, a += (kRows - 1) * kPieceK) {
            for (size_t i = 0; i < kPieceK; i += 4 * kKR) FourSteps(a, b, second, next, acc...);
          }
          for (; k >= 4 * kKR; k -= 4 * kKR) FourSteps(a, b, second, next, acc...);
          for (; k != 0; k -= kKR, a += kKR, b += 16) Step(a, LoadRow(b, second), acc...);
          const RowV init = args.col_init != nullptr ? LoadRow(args.col_init, hn::Lanes(D32())) : ZeroRow();
          if (args.add) {
            StoreRows<true>(args.c, args.c_stride, init, acc...);
          } else {
            StoreRows<false>(args.c, args.c_stride, init, acc...);
          }
        }
      }
      static HWY_NOINLINE void Run(const Args& args) { Loop(args); }
    };
  };
  template <size_t kRows>
  using Wide = Columns<2>::Kernel<kRows>;
  template <size_t kRows>
  using Narrow = Columns<1>::Kernel<kRows>;

  static HWY_INLINE void Tile(State&, const Args& args) {
    if (kNR == 16 || args.panels == 2) {
      CallForRows<Wide>(args, std::make_index_sequence<kMR>());
    } else if constexpr (kNR == 32) {
      CallForRows<Narrow>(args, std::make_index_sequence<kMR>());
    }
  }
};

template <class TA>
struct Vnni : VnniTiles {
  using A = TA;
  static constexpr bool kSigned = A(-1) < A(0);
  static constexpr int32_t kColSum = kSigned ? -128 : 0;

  static HWY_INLINE void ArrangeRow(const A* HWY_RESTRICT row, size_t k, size_t rows, uint8_t* HWY_RESTRICT out) {
    const hn::CappedTag<uint8_t, kPieceK> d;
    const size_t n = hn::Lanes(d);
    const auto flip = hn::Set(d, kSigned ? uint8_t{0x80} : uint8_t{0});
    const uint8_t* from = reinterpret_cast<const uint8_t*>(row);
    for (; k >= kPieceK; k -= kPieceK, from += kPieceK, out += rows * kPieceK) {
      for (size_t i = 0; i < kPieceK; i += n) hn::Store(hn::Xor(hn::LoadU(d, from + i), flip), d, out + i);
    }
    // Whole vectors of `out` may be written, and where B's padding is zero any value of A will do.
    for (size_t i = 0; i < k; i += n) hn::Store(hn::Xor(LoadFirst(d, from + i, k - i), flip), d, out + i);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
