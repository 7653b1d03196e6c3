// ISA layer: tiles for instructions that multiply a broadcast group of A by a vector of B: VPDPBUSD and its like
// (tile_vnni-inl.h), and fused multiply-add of f32 and bf16 (tile_fma-inl.h, tile_bf16-inl.h), on x86 vectors of 512
// and of 256 bits.
//
// A group is 4 bytes of K: four bytes, or one f32. B comes straight from the panels. A is arranged in pieces of 64
// bytes that alternate over the rows of a tile. Where elements of arranged A are longer than those of B, a line of a
// panel is widened on its way: it becomes two parts, of even and of odd k.
//
// Registers with 512 bits: 12 rows x 2 vectors = 24 accumulators, 2 of B and 1 of A, of 32. With 256 bits: 5 or 6 rows
// x 2 vectors, 2 and 1, of 16; or 10 or 12 rows x 1 vector, where no more than 8 columns are asked for (Zen 3:
// 3136/144/24 1.25 times as fast). Intel's latency of 5 cycles at 2 instructions per cycle needs 10 accumulators. 12
// rows rather than 6 halve the traffic of B.
//
// This file has the shapes of tiles; broadcast_kernel-inl.h has the loop, and how figures are measured.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_BROADCAST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_BROADCAST_INL_H_
#undef ISOQUANT_INL_ISA_TILE_BROADCAST_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_BROADCAST_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/broadcast_kernel-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/weights.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Dot: an instruction (Accumulate) and the types A, B, Acc of what it multiplies and adds; kAddsApart, if Accumulate is
// several instructions, of which the last one adds: so it takes two registers more, and sums wait a cycle alone; and
// Widen, where lines have parts.
template <class Dot>
struct BroadcastTiles : AnyShape {
  using ArrangedA = typename Dot::A;
  using B = typename Dot::B;
  using ArrangedB = B;
  using Acc = typename Dot::Acc;
  static constexpr bool kIsExact = std::is_integral<Acc>::value;  // then the order of summation is free
#if HWY_TARGET == HWY_AVX2
  // 16 registers: sums, two vectors of B, one of A, and two more for kAddsApart. (Zen 3, VPMADDUBSW, seen from six rows
  // and an operand in memory: 512/512/512 1.02 to 1.1 times as fast, 196/96/576 1.04 to 1.15 times.)
  static constexpr size_t kRowsAtOnce = Dot::kAddsApart ? 5 : 6;
  // Tiles of integers are four times what the registers hold: that leaves less to the driver, and more rows to a stage
  // at a time (Zen 3: 3136/64/256 to s8 1.15 times as fast, 12544/16/96 1.3 times). With longer K they are slower
  // (kShortK; 256/4096/1024 0.85 times).
  static constexpr size_t kMR = kIsExact ? 4 * kRowsAtOnce : kRowsAtOnce, kPartNR = 16, kTallMR = kMR;
#else
  static constexpr size_t kRowsAtOnce = 12, kMR = kRowsAtOnce, kPartNR = 32, kTallMR = kIsExact ? 24 : 16;
#endif
  static constexpr size_t kParts = sizeof(ArrangedA) / sizeof(B);  // of a line
  // A sum of floats is one chain: one or two rows take twice as many columns at a time, so that its latency shows less
  // (1 x 64 x 64 of f32: 0.62 of the time). More rows do not, because 64 columns of a deep f32 B are most of L2 (2048
  // cubed takes 1.08 times as long).
  static constexpr size_t kNR = kPartNR * (kIsExact ? 1 : 2), kManyNR = kPartNR;
  static constexpr size_t kFewRows = !kIsExact ? 2 : kMR != kRowsAtOnce ? kRowsAtOnce : SIZE_MAX;
  static constexpr size_t kShortK = kIsExact ? 256 : 0, kManyMR = kIsExact ? kRowsAtOnce : 0;
  static constexpr size_t kKR = 4 / sizeof(B), kPieceK = 64 / sizeof(ArrangedA);
  // Wide tiles of bytes: 6 rows x 4 vectors. C is written in longer parts, and A is read half as often.
  static constexpr bool kArrangesNext = HWY_TARGET <= HWY_AVX3 && sizeof(ArrangedA) == 1;
  static constexpr size_t kWideMR = kArrangesNext ? 6 : 0, kWideNR = kArrangesNext ? 64 : 0;
  static constexpr size_t kLine = PackedPanels::kLineBytes / sizeof(B);
  static constexpr bool kReadsRows = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  static constexpr bool kReadsBFromL2 = true;
  static constexpr bool kFollowsSteps = kArrangesNext;       // bytes with 512-bit vectors, where it was measured
  static void ArrangePanel(const B*, size_t, ArrangedB*) {}  // never: the panels are what the instruction wants
  using State = NoState;

  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;
  using D32 = hn::CappedTag<Acc, 16>;
  using V32 = hn::Vec<D32>;
  static constexpr size_t kInPanel = kPartNR == 16 ? 2 : 1;  // vectors of a line

  template <size_t kVectors, size_t kRows, bool kAlone>
  using Kernel = BroadcastKernel<BroadcastTiles, Dot, kVectors, kRows, kAlone>;
  template <size_t kRows>
  using Alone = Kernel<2, kRows, true>;
  template <size_t kRows>
  using Wide = Kernel<2, kRows, false>;
  template <size_t kRows>
  using Narrow = Kernel<1, kRows, false>;

  template <size_t kRows>
  using AloneAndFew = Kernel<4, kRows, true>;
  template <size_t kRows>
  using Few = Kernel<4, kRows, false>;

  // One row of long K, out of L2, takes panel after panel: one stream comes faster than several. (Zen 5: MatMul
  // 1/768/768 1.2 times, 1/320/320 1.22 times, 1/512/512 1.19 times as fast as with four panels at a time, to f32 and
  // s8 as well; 1/256/256 the same; 2/768/768 0.85 to 0.97 times.)
  static constexpr size_t kMinKOfAPanel = 5 * kPieceK;

  static HWY_INLINE void Tile(State&, const Args& args) {
    if constexpr (kWideNR != 0) {
      if (args.rows == 1 && args.k >= kMinKOfAPanel && !args.hints.b_from_memory && args.next.from == nullptr) {
        return Kernel<1, 1, false>::RunPanels(args);
      }
      if (args.panels == kWideNR / PackedPanels::kColumns) return Call<Few, kWideMR>(args, args.rows);
    }
    args.panels <= kPartPanels ? TilePart(args) : TileInParts(args);
  }

 private:
  static constexpr size_t kPartPanels = kPartNR / PackedPanels::kColumns;
  // Rows of one vector: of a panel, or of its first half, where no more columns are asked for.
  static constexpr size_t kNarrowAtOnce = kPartNR == 32 ? kTallMR : 2 * kRowsAtOnce;

  // More than kPartNR columns: of few rows at once. Not inlined: it has a copy of args.
  static HWY_NOINLINE void TileInParts(const Args& args) {
    if constexpr (!kIsExact) {
      if (args.rows <= kFewRows && args.panels == 2 * kPartPanels) {
        return args.hints.b_from_memory ? Call<AloneAndFew, kFewRows>(args, args.rows)
                                        : Call<Few, kFewRows>(args, args.rows);
      }
    }
    Args part = args;
    for (size_t left = args.panels;; left -= kPartPanels) {
      part.panels = left < kPartPanels ? left : kPartPanels;
      TilePart(part);
      if (left <= kPartPanels) return;
      part.b += kPartPanels * args.panel_stride;
      part.c += kPartNR;
      if (part.column_sums != nullptr) part.column_sums += kPartNR;
      part.hints.written += args.hints.written_bytes / args.panels * kPartPanels;
    }
  }

  static HWY_INLINE void TilePart(const Args& args) {
    if (kPartNR == 32 ? args.panels == 1 : kIsExact && args.c_cols <= PackedPanels::kColumns / 2) {
      RunRows<Narrow, kNarrowAtOnce>(args);
    } else if (args.hints.b_from_memory) {
      RunRows<Alone, kRowsAtOnce>(args);
    } else {
      RunRows<Wide, kRowsAtOnce>(args);
    }
  }

  // All rows of a tile, kAtOnce of them at a time.
  template <template <size_t> class Rows, size_t kAtOnce>
  static HWY_INLINE void RunRows(const Args& args) {
    if constexpr (kMR > kAtOnce) return CallForRowParts<Rows, kAtOnce>(args);
    Call<Rows, kAtOnce>(args, args.rows);
  }

  template <template <size_t> class Rows, size_t kMost>
  static HWY_INLINE void Call(const Args& args, size_t rows) {
    CallForRows<Rows>(args, std::make_index_sequence<kMost>(), rows, size_t{0}, size_t{1});
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
