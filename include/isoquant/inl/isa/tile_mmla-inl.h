// ISA layer: SMMLA and USMMLA, on NEON (tier neon_i8mm) and on SVE vectors of any length (sve_i8mm).
//
// Each 128 bits of an accumulator are a 2 x 2 part of C. SMMLA adds to it the products of two rows of A with two
// columns of B over 8 K: twice the work of SDOT. USMMLA takes unsigned A. A is arranged as for SDOT: 16 bytes are two
// rows. Two columns of B over 8 K are 16 bytes of arranged panels. Few rows do not pay for arranging: they put these
// bytes together from plain panels, by an instruction for each vector. Up to four rows are left to SDOT and SUDOT: they
// wait for B in any case, and with an odd number of rows half of a pair would be idle.
//
// Registers: 4 pairs of rows x 4 vectors = 16 accumulators, 4 of A, 4 of B, of 32. (6 pairs fit. By LLVM's models they
// are no faster, see bench/mca.sh; from plain panels they spill.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_MMLA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_MMLA_INL_H_
#undef ISOQUANT_INL_ISA_TILE_MMLA_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_MMLA_INL_H_
#endif

#include <type_traits>

#include "isoquant/inl/isa/tile_dot-inl.h"

#if HWY_ARCH_ARM_A64 && !HWY_COMPILER_MSVC && (HWY_TARGET_IS_NEON || HWY_TARGET_IS_SVE)

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseMmla(const Cpu& cpu) {
#if HWY_TARGET_IS_SVE
  if (const char* refusal = RefuseVectorLength(cpu)) return refusal;
  return (cpu.hwcap2 >> 9 & 1) != 0 ? nullptr : "the CPU lacks FEAT_I8MM for SVE: HWCAP2[9] (svei8mm) is 0";
#else
  return (cpu.hwcap2 >> 13 & 1) != 0 ? nullptr : "the CPU lacks FEAT_I8MM: HWCAP2[13] (i8mm) is 0";
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

// Instructions. In each 128 bits a and b are two rows of 8 bytes each, and acc[r][c] += row r of a times row c of b. b
// is signed; or both are bf16.
template <class Vectors, uint32_t kNeonWord, uint32_t kSveWord>
struct MatrixMultiply {
  using V32 = typename Vectors::V32;
  using VB = typename Vectors::VB;
  static HWY_INLINE void Accumulate(V32& acc, VB a, VB b) {
#if HWY_TARGET_IS_SVE
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS : "+w"(acc) : "w"(a), "w"(b), "i"(kSveWord));
#else
    __asm__(".inst %3 | " ISOQUANT_ARM_REGISTERS : "+w"(acc.raw) : "w"(a.raw), "w"(b.raw), "i"(kNeonWord));
#endif
  }
};
struct Smmla : MatrixMultiply<ByteVectors, 0x4e80a400, 0x45009800> {};
struct Usmmla : MatrixMultiply<ByteVectors, 0x4e80ac00, 0x45809800> {};  // unsigned a

// kMostRows: of a tile.
template <class Mmla, class Dot, size_t kMostRows = 8>
struct MmlaTiles : DotTiles<Dot> {
  using Base = DotTiles<Dot>;
  using typename Base::Acc;
  using typename Base::Args;
  using typename Base::ArrangedA;
  using typename Base::ArrangedB;
  using typename Base::B;
  using typename Base::D32;
  using typename Base::DB;
  using typename Base::State;
  using typename Base::V32;
  using typename Base::VB;
  using D64 = hn::Repartition<int64_t, D32>;

  static constexpr size_t kMR = kMostRows, kTallMR = kMR, kPieceK = Base::kPieceK, kDotRows = 4;
  static constexpr size_t kGroupK = Base::kGroupK, kLine = Base::kLine;  // a piece of 16 columns is two lines
  static constexpr size_t kArrangeBRows = 17;

  // To panel[k / 8][column][k % 8], where 8 is kPieceK. If the number of groups is odd, zeros stand for the last one.
  static void ArrangePanel(const B* HWY_RESTRICT b, size_t k, B* HWY_RESTRICT out) {
    const hn::CappedTag<int32_t, 4> d;
    int32_t* HWY_RESTRICT to = reinterpret_cast<int32_t*>(out);
    for (; k != 0; k -= HWY_MIN(k, kPieceK), b += 2 * kLine) {
      for (size_t col = 0; col < 16; col += 4, to += 8) {
        const int32_t* const group = reinterpret_cast<const int32_t*>(b) + col;
        const auto even = hn::LoadU(d, group), odd = k > kGroupK ? hn::LoadU(d, group + 16) : hn::Zero(d);
        hn::StoreU(hn::InterleaveLower(d, even, odd), d, to);
        hn::StoreU(hn::InterleaveUpper(d, even, odd), d, to + 4);
      }
    }
  }

  // kRows rows of the columns of kVectors vectors. A vector has two columns in each 128 bits.
  template <size_t kRows, size_t kVectors, bool kArranged>
  struct Kernel {
    static constexpr size_t kPairs = (kRows + 1) / 2;

    // Vector kVector of B over a piece; with kHalf, over the last group of plain panels, then zeros.
    template <size_t kVector, bool kHalf>
    static HWY_INLINE VB LoadB(const B* from) {
      const DB db;
      const hn::RebindToSigned<D32> d;
      const ArrangedA* b = reinterpret_cast<const ArrangedA*>(from);
      if constexpr (kArranged) return hn::LoadU(db, b + kVector * hn::Lanes(db));
      b += kVector / 2 * hn::Lanes(db);
      const auto even = hn::BitCast(d, hn::LoadU(db, b));
      const auto odd = kHalf ? hn::Zero(d) : hn::BitCast(d, hn::LoadU(db, b + kLine));
      // Four vectors are whole registers, not parts of longer ones. Then one instruction does for the upper half too.
      const std::conditional_t<kVectors == 4, hn::ScalableTag<int32_t>, decltype(d)> whole;
      if constexpr (kVector % 2 == 0) return hn::BitCast(db, hn::InterleaveWholeLower(whole, even, odd));
      return hn::BitCast(db, hn::InterleaveWholeUpper(whole, even, odd));
    }

    // All products of a piece, from row pair kPair and vector kVector on. Loads are repeated here: compilers see which
    // are of the same vectors.
    template <size_t kPair, size_t kVector, bool kHalf, class... Rest>
    static HWY_INLINE void Step(const ArrangedA* a, const B* b, V32& acc, Rest&... rest) {
      Mmla::Accumulate(acc, Base::template LoadA<2 * kPair, kRows>(a), LoadB<kVector, kHalf>(b));
      if constexpr (sizeof...(Rest) != 0) {
        Step<kPair + (kVector + 1) / kVectors, (kVector + 1) % kVectors, kHalf>(a, b, rest...);
      }
    }

    // Two vectors hold two rows of as many columns as one vector has lanes.
    template <bool kAdd, size_t kPair, size_t kVector, class... Rest>
    static HWY_INLINE void Store(Acc* c, size_t c_stride, V32 acc0, V32 acc1, Rest... rest) {
      const D32 d;
      const D64 d64;
      const auto low = hn::BitCast(d64, acc0), high = hn::BitCast(d64, acc1);
      Acc* const to = c + kVector / 2 * hn::Lanes(d);
      Base::template StoreVector<kAdd>(hn::BitCast(d, hn::ConcatEven(d64, high, low)), to);
      if constexpr (2 * kPair + 1 < kRows) {
        Base::template StoreVector<kAdd>(hn::BitCast(d, hn::ConcatOdd(d64, high, low)), to + c_stride);
      }
      if constexpr (sizeof...(Rest) != 0) {
        constexpr bool kNextPair = kVector + 2 == kVectors;
        Store<kAdd, kPair + kNextPair, kNextPair ? 0 : kVector + 2>(kNextPair ? c + 2 * c_stride : c, c_stride,
                                                                    rest...);
      }
    }

    // What vector kVector of row pair kPair begins with. C is added to sums of integers in the end, and is the
    // beginning of those of floats.
    template <size_t kPair, size_t kVector>
    static HWY_INLINE V32 Begin(const Args& args, const Acc* c) {
      const D32 d;
      if constexpr (!Base::kIsExact) {
        if (args.add) {
          const D64 d64;
          const Acc* const from = c + 2 * kPair * args.c_stride + kVector / 2 * hn::Lanes(d);
          const auto upper = hn::BitCast(d64, hn::LoadU(d, from));
          auto lower = hn::Zero(d64);
          if constexpr (2 * kPair + 1 < kRows) lower = hn::BitCast(d64, hn::LoadU(d, from + args.c_stride));
          if constexpr (kVector % 2 == 0) return hn::BitCast(d, hn::InterleaveWholeLower(d64, upper, lower));
          return hn::BitCast(d, hn::InterleaveWholeUpper(d64, upper, lower));
        }
      }
      return hn::Zero(d);
    }

    template <class... Accs>
    static HWY_INLINE void Loop(const Args& args, const B* b, Acc* c, Accs&... acc) {
      if constexpr (sizeof...(Accs) < kPairs * kVectors) {
        V32 next = Begin<sizeof...(Accs) / kVectors, sizeof...(Accs) % kVectors>(args, c);
        Loop(args, b, c, acc..., next);
      } else {
        const ArrangedA* a = args.a;
        size_t k = kArranged ? args.k : args.b_k;
        for (; k >= kPieceK; k -= kPieceK, a += kRows * kPieceK, b += 2 * kLine) Step<0, 0, false>(a, b, acc...);
        if (!kArranged && k != 0) Step<0, 0, true>(a, b, acc...);
        if (Base::kIsExact && args.add) {
          Store<true, 0, 0>(c, args.c_stride, acc...);
        } else {
          Store<false, 0, 0>(c, args.c_stride, acc...);
        }
      }
    }
    static HWY_NOINLINE void Run(const Args& args, const B* b, Acc* c) { Loop(args, b, c); }
  };

  // All columns of one panel of kRows rows.
  template <size_t kRows, size_t kVectors>
  static HWY_INLINE void Panel(const Args& args, size_t panel) {
    const size_t columns = kVectors * hn::Lanes(D32()) / 2;
    for (size_t col = 0; col < 16; col += columns) {
      Acc* const c = args.c + panel * 16 + col;
      if (args.b_arranged != nullptr) {
        Kernel<kRows, kVectors, true>::Run(args, args.b_arranged + panel * 16 * args.k + col * kPieceK, c);
      } else {
        Kernel<kRows, kVectors, false>::Run(args, args.b + panel * args.panel_stride + col * kGroupK, c);
      }
    }
  }

  template <size_t kRows>
  struct Rows {
    static void Run(const Args& args) {
      if constexpr (kRows <= kDotRows) {
        Base::template Rows<kRows>::Run(args);
      } else {
        for (size_t panel = 0; panel < args.panels; ++panel) {
          if (hn::MaxLanes(D32()) == 16 && hn::Lanes(D32()) == 16) {
            Panel<kRows, 2>(args, panel);
          } else {
            Panel<kRows, 4>(args, panel);
          }
        }
      }
    }
  };

  static HWY_INLINE void Tile(State&, const Args& args) { CallForRows<Rows>(args, std::make_index_sequence<kMR>()); }
};

template <class A>
using MmlaTilesFor = std::conditional_t<kIsSigned<A>, MmlaTiles<Smmla, Sdot>, MmlaTiles<Usmmla, Sudot>>;

template <class A>
struct MmlaPolicy : ForRowsOf<A, MmlaTilesFor<A>, false> {
#if HWY_TARGET_IS_SVE
  static constexpr char kName[] = "sve_i8mm";
#else
  static constexpr char kName[] = "neon_i8mm";
  using PlainTile = PlainDotTiles<A>;
#endif
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseMmla;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // AArch64
#endif  // per-target include guard
