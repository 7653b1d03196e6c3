// ISA layer: SDOT by element, on NEON (tier neon_dotprod) and on SVE vectors of any length (sve_dot); and on NEON, for
// cores without it, SMULL and SADALP (neon).
//
// SDOT adds four products of signed bytes to each int32 lane. By element, one operand is four bytes that are the same
// for all lanes, so that nothing need replicate A. B comes straight from the panels. Unsigned A is arranged as
// a ^ 0x80 = a - 128; the sums then owe 128 * column_sums.
//
// Arranged A: pieces of 8 K alternate over the rows. So 16 bytes are two rows: 32-bit lanes 0 and 1 are the two groups
// of four K of the upper row, lanes 2 and 3 those of the lower one. (SMMLA wants the same: tile_mmla-inl.h.)
//
// Registers: 8 rows x 2 vectors = 16 accumulators, 4 of A, 4 of B, of 32. Up to four rows take 4 vectors, so that a
// panel of four 128-bit vectors is read once, from wherever it lies. More rows take half a panel, then the other half:
// that is no slower than whole panels, because both halves come from L1. (SMULL and SADALP have half as many rows,
// because each vector of B has two accumulators.) Reading rows in place was not tried: u8 would pay for its ^ 0x80 in
// the loop.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_DOT_INL_H_
#undef ISOQUANT_INL_ISA_TILE_DOT_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_DOT_INL_H_
#endif

#include <type_traits>

#include "isoquant/inl/isa/arm.h"
#include "isoquant/inl/isa/plain_nxk-inl.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_madd_s16-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

#if HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseDot(const Cpu& cpu) {
#if HWY_TARGET_IS_SVE
  return RefuseVectorLength(cpu);
#else
  return (cpu.hwcap >> 20 & 1) != 0 ? nullptr : "the CPU lacks FEAT_DotProd: HWCAP[20] (asimddp) is 0";
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

// Vectors of up to 512 bits: a panel's line is four vectors, two, or one. TB: of A and B.
template <class TB, class TAcc>
struct DotVectors {
  using B = TB;
  using Acc = TAcc;
  using D32 = hn::CappedTag<Acc, 16>;
  using DB = hn::Repartition<B, D32>;
  using V32 = hn::Vec<D32>;
  using VB = hn::Vec<DB>;
};
using ByteVectors = DotVectors<int8_t, int32_t>;

// Instructions: each lane of acc += the group in that lane of b times the group in lane kLane of a, in each 128 bits. A
// group is four bytes, those of b signed; two bf16; or one f32.
template <class Vectors, uint32_t kNeonWord, uint32_t kSveWord>
struct DotByElement : Vectors {
  using typename Vectors::V32;
  using typename Vectors::VB;
  using Accumulator = V32;
  static constexpr size_t kRegisters = 1;
  static HWY_INLINE Accumulator Begin(V32 sums) { return sums; }
  static HWY_INLINE V32 Sums(Accumulator acc) { return acc; }

  template <int kLane>
  static HWY_INLINE void Accumulate(Accumulator& acc, VB b, VB a) {
#if HWY_TARGET_IS_SVE
    // a must be one of the first eight registers, because three bits name it. (The intrinsic was tried: g++ 12 puts
    // moves around it.)
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS : "+w"(acc) : "w"(b), "y"(a), "i"(kSveWord | kLane << 19));
#else
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS
            : "+w"(acc.raw)
            : "w"(b.raw), "w"(a.raw), "i"(kNeonWord | (kLane & 1) << 21 | (kLane >> 1) << 11));
#endif
  }
};
struct Sdot : DotByElement<ByteVectors, 0x4f80e000, 0x44a00000> {};
struct Sudot : DotByElement<ByteVectors, 0x4f00f000, 0x44a01c00> {};  // unsigned a; of FEAT_I8MM

#if HWY_TARGET_IS_NEON
// Products of bytes fit 16 bits, and SADALP adds them in pairs. So an accumulator has two sums for each of two columns:
// of k 0 and 1, and of k 2 and 3.
struct SmullSadalp : ByteVectors {
  struct Accumulator {
    V32 low, high;
  };
  static constexpr size_t kRegisters = 2;
  static HWY_INLINE Accumulator Begin(V32 sums) {
    const D32 d;
    return {hn::InterleaveLower(d, sums, hn::Zero(d)), hn::InterleaveUpper(d, sums, hn::Zero(d))};
  }
  static HWY_INLINE V32 Sums(const Accumulator& acc) { return V32(vpaddq_s32(acc.low.raw, acc.high.raw)); }

  template <int kLane>
  static HWY_INLINE void Accumulate(Accumulator& acc, VB b, VB a) {
    const VB group = hn::BitCast(DB(), hn::Broadcast<kLane>(hn::BitCast(D32(), a)));
    const int16x8_t low = vmull_s8(vget_low_s8(b.raw), vget_low_s8(group.raw));
    const int16x8_t high = vmull_high_s8(b.raw, group.raw);
    // Asm, because otherwise g++ 12 computes many products first, and spills.
    __asm__("sadalp %0.4s, %2.8h\n sadalp %1.4s, %3.8h" : "+w"(acc.low.raw), "+w"(acc.high.raw) : "w"(low), "w"(high));
  }
};
#endif

// Whether sums are those of whole pieces, the last of them filled up with zeros: 0 is added where a group of them is
// not multiplied. (kFillsPieces of the instruction; most have none.)
template <class Dot, class = void>
constexpr bool kFillsPieces = false;
template <class Dot>
constexpr bool kFillsPieces<Dot, std::enable_if_t<Dot::kFillsPieces>> = true;

// Rows of the largest tile: kMostRows of the instruction, or eight where an accumulator is one register.
template <class Dot, class = void>
constexpr size_t kRowsOfTile = 8 / Dot::kRegisters;
template <class Dot>
constexpr size_t kRowsOfTile<Dot, std::enable_if_t<Dot::kMostRows != 0>> = Dot::kMostRows;

// A policy without its type of A: policies that have the same arranged A share it. Where elements of arranged A are
// longer than those of panels, a line of a panel has a part for each, which Dot::LoadPart makes.
template <class Dot>
struct DotTiles : AnyShape {
  using B = typename Dot::B;
  using Acc = typename Dot::Acc;
  using D32 = typename Dot::D32;
  using DB = typename Dot::DB;
  using V32 = typename Dot::V32;
  using VB = typename Dot::VB;
  using Accumulator = typename Dot::Accumulator;
  static constexpr bool kIsExact = std::is_integral<Acc>::value;  // then the order of summation is free

  // A tile is two panels wide where a line of a panel may be a single vector.
  static constexpr size_t kMR = kRowsOfTile<Dot>, kNR = HWY_HAVE_SCALABLE ? 32 : 16, kTallMR = kMR;
  using ArrangedA = hn::TFromD<DB>;
  static constexpr size_t kPieceK = 8 / sizeof(ArrangedA), kKR = kPieceK;
  static constexpr size_t kGroupK = 4 / sizeof(B), kLine = 16 * kGroupK;
  static constexpr size_t kParts = sizeof(ArrangedA) / sizeof(B);
  using ArrangedB = B;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;
  static constexpr bool kReadsRows = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  static void ArrangePanel(const B*, size_t, ArrangedB*) {}  // never: the panels are what the instruction wants
  using State = NoState;

  // The pieces of row kRow and of the row below it, in 16 bytes. The last row has no other below it: its piece alone is
  // loaded, because memory may end there.
  template <size_t kRow, size_t kRows>
  static HWY_INLINE VB LoadA(const ArrangedA* a) {
    const ArrangedA* const from = a + kRow * kPieceK;
    if constexpr (kRow + 1 < kRows) return hn::LoadDup128(DB(), from);
#if HWY_TARGET_IS_SVE
    return hn::BitCast(DB(), hn::Set(hn::Repartition<int64_t, DB>(), LoadUnaligned<int64_t>(from)));
#else
    return hn::ResizeBitCast(DB(), hn::LoadU(hn::Half<DB>(), from));
#endif
  }

  // What group kGroup of K of arranged A is multiplied by.
  template <size_t kGroup>
  static HWY_INLINE VB LoadB(const B* b) {
    if constexpr (kParts == 1) {
      return hn::LoadU(DB(), reinterpret_cast<const ArrangedA*>(b + kGroup * kLine));
    } else {
      return Dot::template LoadPart<kGroup % kParts>(b + kGroup / kParts * kLine);
    }
  }

  template <bool kAdd>
  static HWY_INLINE void StoreVector(V32 sums, Acc* to) {
    const D32 d;
    if constexpr (kAdd) sums = hn::Add(sums, hn::LoadU(d, to));
    if constexpr (!kIsExact) sums = OneNaN(d, sums);
    hn::StoreU(sums, d, to);
  }

  // kRows x kVectors vectors of C. The vectors of B that belong to them lie `step` bytes apart.
  template <size_t kRows, size_t kVectors>
  struct Kernel {
    // One row has too few accumulators to hide the latency. It gets several sets, which groups use in turn, if
    // the order of summation is free.
    static constexpr size_t kSets = kRows > 1 || !kIsExact ? 1 : kVectors > 2 ? 2 : 4;

    // The products of group kGroup of K. The first kSkip accumulators are skipped; the next one belongs to row
    // kRow and vector kVector, the one after it to the next vector, and so on, row by row. Loads are repeated here:
    // compilers see which are of the same vectors. A single row has kPieces pieces of A at `a`; of several rows, each
    // has one.
    template <size_t kGroup, size_t kPieces, size_t kSkip, size_t kRow, size_t kVector, class... Rest>
    static HWY_INLINE void Products(const ArrangedA* a, const B* b, size_t step, Accumulator& acc, Rest&... rest) {
      if constexpr (kSkip != 0) {
        Products<kGroup, kPieces, kSkip - 1, kRow, kVector>(a, b, step, rest...);
      } else {
        const VB vb = LoadB<kGroup>(b + kVector * step);
        Dot::template Accumulate<kRow % 2 * 2 + kGroup>(acc, vb, LoadA<kRow / 2 * 2, kRows * kPieces>(a));
        constexpr size_t kNextRow = kRow + (kVector + 1) / kVectors;
        if constexpr (kNextRow < kRows) {
          Products<kGroup, kPieces, 0, kNextRow, (kVector + 1) % kVectors>(a, b, step, rest...);
        }
      }
    }
    template <size_t kGroup, size_t kPieces, class... Accs>
    static HWY_INLINE void Group(const ArrangedA* a, const B* b, size_t step, Accs&... acc) {
      Products<kGroup, kPieces, kGroup % kSets * kVectors, 0, 0>(a, b, step, acc...);
    }

    template <class... Accs>
    static HWY_INLINE void AddZero(Accs&... acc) {
      ((acc = hn::Add(acc, hn::Zero(D32()))), ...);
    }

    template <bool kAdd, size_t kRow, size_t kVector, class... Rest>
    static HWY_INLINE void Store(Acc* c, size_t c_stride, Accumulator acc, Rest... rest) {
      StoreVector<kAdd>(Dot::Sums(acc), c + kVector * hn::Lanes(D32()));
      if constexpr (sizeof...(Rest) != 0) {
        constexpr bool kNextRow = kVector + 1 == kVectors;
        constexpr bool kNextSet = kNextRow && kRow + 1 == kRows;
        constexpr size_t kThen = kNextSet ? 0 : kRow + kNextRow;
        Acc* const then = kNextRow && !kNextSet ? c + c_stride : c;
        Store<kAdd || kNextSet, kThen, kNextRow ? 0 : kVector + 1>(then, c_stride, rest...);
      }
    }

    // Each level of the recursion declares an accumulator. Separate locals stay in registers, and vectors without a
    // size known to the compiler (SVE) can be nothing else.
    template <class... Accs>
    static HWY_INLINE void Loop(const Args& args, size_t col, const B* b, size_t step, Accs&... acc) {
      const D32 d;
      if constexpr (sizeof...(Accs) < kSets * kRows * kVectors) {
        constexpr size_t kI = sizeof...(Accs);
        const size_t at = col + kI % kVectors * hn::Lanes(d);
        V32 first = hn::Zero(d);  // what is owed; or, where the order matters, C
        if constexpr (!kIsExact) {
          if (args.add) first = hn::LoadU(d, args.c + kI / kVectors * args.c_stride + at);
        } else if (kI < kRows * kVectors && args.column_sums != nullptr) {
          first = hn::ShiftLeft<7>(hn::LoadU(d, args.column_sums + at));
        }
        Accumulator next = Dot::Begin(first);
        Loop(args, col, b, step, acc..., next);
      } else {
        const ArrangedA* a = args.a;
        size_t k = args.b_k;
        if constexpr (kRows == 1) {
          for (; k >= 2 * kPieceK; k -= 2 * kPieceK, a += 2 * kPieceK, b += 4 / kParts * kLine) {
            Group<0, 2>(a, b, step, acc...);
            Group<1, 2>(a, b, step, acc...);
            Group<2, 2>(a, b, step, acc...);
            Group<3, 2>(a, b, step, acc...);
          }
        }
        for (; k >= kPieceK; k -= kPieceK, a += kRows * kPieceK, b += 2 / kParts * kLine) {
          Group<0, 1>(a, b, step, acc...);
          Group<1, 1>(a, b, step, acc...);
        }
        if (k != 0) Group<0, 1>(a, b, step, acc...);
        if constexpr (kFillsPieces<Dot>) {
          if (k != 0) AddZero(acc...);
        }
        if (kIsExact && args.add) {
          Store<true, 0, 0>(args.c + col, args.c_stride, acc...);
        } else {
          Store<false, 0, 0>(args.c + col, args.c_stride, acc...);
        }
      }
    }

    // Not inlined, because it would lack registers among the accumulators of other instances.
    static HWY_NOINLINE void Run(const Args& args, size_t col, const B* b, size_t step) { Loop(args, col, b, step); }
  };

  // All columns of kRows rows.
  template <size_t kRows>
  struct Rows {
    static void Run(const Args& args) {
      const size_t lanes = hn::Lanes(D32());
      if (lanes == 16) {
        if constexpr (hn::MaxLanes(D32()) == 16) {
          if (args.panels == 2) return Kernel<kRows, 2>::Run(args, 0, args.b, args.panel_stride);
          return Kernel<kRows, 1>::Run(args, 0, args.b, 0);
        }
      }
      constexpr bool kFew = kRows * Dot::kRegisters <= 4;
      const size_t vectors = kFew && lanes == 4 ? 4 : 2;
      for (size_t col = 0; col < args.panels * 16; col += vectors * lanes) {
        const B* const b = args.b + col / 16 * args.panel_stride + col % 16 * kGroupK;
        if constexpr (kFew) {
          if (vectors == 4) {
            Kernel<kRows, 4>::Run(args, col, b, kGroupK * lanes);
            continue;
          }
        }
        Kernel<kRows, 2>::Run(args, col, b, kGroupK * lanes);
      }
    }
  };

  static HWY_INLINE void Tile(State&, const Args& args) { CallForRows<Rows>(args, std::make_index_sequence<kMR>()); }
};

// Pieces of 8 K that alternate over the rows; each byte ^ flip.
HWY_INLINE void ArrangeInPieces(const uint8_t* a, size_t a_stride, size_t k, size_t rows, uint8_t flip,
                                uint8_t* HWY_RESTRICT out) {
  const hn::CappedTag<uint8_t, 16> d;
  const hn::Repartition<uint64_t, decltype(d)> d64;
  const auto flips = hn::Set(d, flip);
  const size_t piece = 8 * rows;
  const auto load = [&](const uint8_t* from, size_t n)
                        HWY_ATTR { return hn::BitCast(d64, hn::Xor(LoadFirst(d, from, n), flips)); };
  size_t r = 0;
  for (; r + 2 <= rows; r += 2, a += 2 * a_stride, out += 16) {
    uint8_t* HWY_RESTRICT to = out;
    for (size_t i = 0; i < k; i += 16, to += 2 * piece) {
      const auto row0 = load(a + i, k - i), row1 = load(a + a_stride + i, k - i);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, row0, row1)), d, to);
      if (k - i > 8) hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, row0, row1)), d, to + piece);
    }
  }
  if (r == rows) return;
  const hn::Half<decltype(d64)> half;
  for (size_t i = 0; i < k; i += 16, out += 2 * piece) {
    const auto row = load(a + i, k - i);
    hn::StoreU(hn::LowerHalf(half, row), half, reinterpret_cast<uint64_t*>(out));
    if (k - i > 8) hn::StoreU(hn::UpperHalf(half, row), half, reinterpret_cast<uint64_t*>(out + piece));
  }
}

// Tiles for rows of TA; with kFlips each byte becomes ^ 0x80.
template <class TA, class Tiles, bool kFlips>
struct ForRowsOf : Tiles {
  using A = TA;
  static constexpr bool kColumnSums = kFlips;

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, int8_t* HWY_RESTRICT out) {
    ArrangeInPieces(reinterpret_cast<const uint8_t*>(a), a_stride, k, rows, kFlips ? uint8_t{0x80} : uint8_t{0},
                    reinterpret_cast<uint8_t*>(out));
  }
};

template <class A>
constexpr bool kIsSigned = A(-1) < A(0);

#if HWY_TARGET_IS_NEON
// SDOT or UDOT, each lane of acc += the four products of that lane: for plain B.
template <bool kUnsigned>
struct DotInLanes {
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS
            : "+w"(acc.raw)
            : "w"(a.raw), "w"(b.raw), "i"(kUnsigned ? 0x6e809400 : 0x4e809400));
    return acc;
  }
};
template <class A>
using PlainDotTiles = PlainTiles<PlainBytes<A, DotInLanes<!kIsSigned<A>>, !kIsSigned<A>>>;
#endif

template <class A>
struct SdotPolicy : ForRowsOf<A, DotTiles<Sdot>, !kIsSigned<A>> {
#if HWY_TARGET_IS_SVE
  static constexpr char kName[] = "sve_dot";
#else
  static constexpr char kName[] = "neon_dotprod";
  using PlainTile = PlainDotTiles<A>;
#endif
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseDot;
};

#if HWY_TARGET_IS_NEON
template <class A>
struct NeonPolicy : ForRowsOf<A, DotTiles<SmullSadalp>, !kIsSigned<A>>, TargetTier {
  using PlainTile = PlainTiles<PlainMadd<A>>;
};
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // AArch64
#endif  // per-target include guard
