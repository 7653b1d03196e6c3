// ISA layer: 16-bit products, added in pairs to int32 (VPMADDWD on x86), for every target with vectors. By Highway
// alone, but for one addition.
//
// |a b| <= 255 * 128, and the sum of two such products fits int32, so that all of s8 and u8 is exact. A is widened to
// s16 when it is arranged. B is widened by a promoting load; with several tiles of rows, it is widened once for all of
// them (with AVX2 on Granite Rapids the rate is 1.34 instead of 1.25). Not so with AVX2 any more: on Zen 3, whose ports
// for it are not those of the products, that gains nothing, and costs up to a third with few rows. A vector of s32
// holds two partial sums, of (k, k + 1) and of (k + 2, k + 3), for half as many columns as it has lanes. After the loop
// two such vectors make one vector of columns. Tried and lost: even and odd bytes of B split by shifts (1.25); VPSIGNB
// + VPMADDUBSW (1.14, and wrong for -128).
//
// Registers: 4 rows x 2 vectors = 8 accumulators, 2 of B, 1 of A, 2 products, of 16. (6 rows fit too, but reach 1.27.)
//
// Rates are multiply-adds in the time of one f32 FMA lane on Granite Rapids (vs_fma of ISOQUANT_MAX_TIER=avx2
// bench/run.sh --benchmark_filter='^MatMul/s8s8s32/512/512/512'). On Zen 3 it is 1.45, as of bare loops out of L1 (1.4
// to 1.5): four vector ports allow 2, but only two take VPMADDWD, and additions take all. With AVX2 larger products
// multiply half as often: tile_madd_pairs-inl.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#undef ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#endif

#include <utility>

#include "isoquant/inl/isa/arm.h"
#include "isoquant/inl/isa/plain_nxk-inl.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct MaddS16Tiles : AnyShape, TargetTier {
  // AVX2: 16 x 32 tiles, four rows after four, leave less to the driver, and a single row reads two panels, two streams
  // out of memory. (Zen 3: MatMul 16/16/16 1.45 times as fast, 3136/64/256 to s8 1.2 times, MatMulCold 1/4096/4096 1.15
  // times.) With longer K four rows are a tile: their pieces among those of 16 rows would share a quarter of L1's sets
  // (1024/1024/1024 5 % slower).
  static constexpr size_t kRowsAtOnce = 4, kKR = 4;
  static constexpr size_t kMR = HWY_TARGET == HWY_AVX2 ? 16 : kRowsAtOnce, kTallMR = kMR;
  static constexpr size_t kNR = HWY_TARGET == HWY_AVX2 ? 32 : 16;
  static constexpr size_t kFewRows = 1, kShortK = 256, kManyMR = kRowsAtOnce, kManyNR = kNR;
  using ArrangedA = int16_t;
  using ArrangedB = int16_t;
  static constexpr size_t kArrangeBRows = HWY_TARGET == HWY_AVX2 ? SIZE_MAX : kMR + 1;
  static constexpr size_t kPieceK = 32;
  static constexpr bool kReadsRows = false;
  static constexpr bool kColumnSums = false;
  using State = NoState;

  using B = int8_t;
  using Acc = int32_t;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;
  using D16 = hn::CappedTag<int16_t, 32>;  // a pair of vectors covers at most the 64 bytes of one group
  using D32 = hn::RepartitionToWide<D16>;
  using D64 = hn::RepartitionToWide<D32>;
  using D8 = hn::Rebind<int8_t, D16>;
  using V16 = hn::Vec<D16>;
  using V32 = hn::Vec<D32>;

  static HWY_INLINE V16 LoadB(const int8_t* b) { return hn::PromoteTo(D16(), hn::LoadU(D8(), b)); }
  static HWY_INLINE V16 LoadB(const int16_t* b) { return hn::LoadU(D16(), b); }

  static void ArrangePanel(const int8_t* HWY_RESTRICT b, size_t k, int16_t* HWY_RESTRICT out) {
    for (size_t i = 0; i < k * 16; i += hn::Lanes(D16())) hn::StoreU(LoadB(b + i), D16(), out + i);
  }

  // acc += WidenMulPairwiseAdd(b, a). On x86 the addition is asm: otherwise g++ 12 first sums the products of several
  // groups, and then spills the accumulators (rate 1.10 instead of 1.38).
  static HWY_INLINE void MultiplyAccumulate(V16 b, V16 a, V32& acc) {
    const V32 products = hn::WidenMulPairwiseAdd(D32(), b, a);
#if HWY_ARCH_X86 && !HWY_COMPILER_MSVC && HWY_TARGET <= HWY_AVX3
    __asm__("vpaddd %1, %0, %0" : "+v"(acc.raw) : "v"(products.raw));
#elif HWY_ARCH_X86 && !HWY_COMPILER_MSVC && HWY_TARGET <= HWY_AVX2
    __asm__("vpaddd %1, %0, %0" : "+x"(acc.raw) : "x"(products.raw));
#elif HWY_ARCH_X86 && !HWY_COMPILER_MSVC
    __asm__("paddd %1, %0" : "+x"(acc.raw) : "x"(products.raw));
#else
    acc = hn::Add(acc, products);
#endif
  }

  // kRows rows of kPanels panels, or of kPairs times as many columns of one as D32 has lanes, beginning at column
  // `col`. B is int8_t panels or int16_t arranged ones. One or two rows take several pairs of vectors of B at once:
  // otherwise they would read the lines of a panel, of which a pair is a part, several times from L2 (1 x 256 x 256,
  // Zen 3: 1.2 to 1.4 times as fast).
  template <size_t kRows, size_t kPanels>
  struct Kernel {
    static constexpr size_t kAllPairs = 32 / hn::MaxLanes(D16()), kMaxPairs = kRows == 1 ? 4 : kRows == 2 ? 2 : 1;
    static constexpr size_t kPairs = kAllPairs < kMaxPairs ? kAllPairs : kMaxPairs;

    // One group of four K: a pair of vectors of B and its rows, then the next pair. Accumulators come in this order.
    template <size_t kPair = 0, class BOrArranged, class... Accs>
    static HWY_INLINE void Step(const int16_t* a, const BOrArranged* b, size_t panel, Accs&... acc) {
      const size_t n = hn::Lanes(D16());
      const BOrArranged* const from = (kPair < kPairs ? b : b + panel) + kPair % kPairs * 2 * n;
      StepRows<kPair, 0>(a, b, panel, LoadB(from), LoadB(from + n), acc...);
    }
    template <size_t kPair, size_t kRow, class BOrArranged, class... Others>
    static HWY_INLINE void StepRows(const int16_t* a, const BOrArranged* b, size_t panel, V16 b0, V16 b1, V32& acc0,
                                    V32& acc1, Others&... others) {
      const V16 va = hn::BitCast(D16(), hn::Set(D64(), LoadUnaligned<int64_t>(a + kRow * kPieceK)));
      MultiplyAccumulate(b0, va, acc0);
      MultiplyAccumulate(b1, va, acc1);
      if constexpr (kRow + 1 < kRows) {
        StepRows<kPair, kRow + 1>(a, b, panel, b0, b1, others...);
      } else if constexpr (sizeof...(Others) != 0) {
        Step<kPair + 1>(a, b, panel, others...);
      }
    }

    // Two steps at a time, because scalar instructions compete for the vector ports of x86. kFetchNext: the same of the
    // next panel is fetched, a second stream out of memory (Zen 3: MatMulCold 2/4096/4096 1.2 times as fast,
    // 4/4096/4096 1.1 to 1.2 times).
    template <bool kFetchNext, class BOrArranged, class... Accs>
    static HWY_INLINE void TwoSteps(const int16_t*& a, const BOrArranged*& b, size_t panel, Accs&... acc) {
      if (kFetchNext) {
        hwy::Prefetch(b + panel);
        hwy::Prefetch(b + panel + 64);
      }
      Step(a, b, panel, acc...);
      Step(a + kKR, b + 64, panel, acc...);
      a += 2 * kKR;
      b += 128;
    }

    template <size_t kRow, class... Others>
    static HWY_INLINE void Store(const Args& args, int32_t* c, V32 acc0, V32 acc1, Others... others) {
      const D32 d;
      int32_t* const to = c + kRow * args.c_stride;
      V32 sum = hn::Add(hn::ConcatEven(d, acc1, acc0), hn::ConcatOdd(d, acc1, acc0));
      if (args.add) sum = hn::Add(sum, hn::LoadU(d, to));
      hn::StoreU(sum, d, to);
      if constexpr (kRow + 1 < kRows) {
        Store<kRow + 1>(args, c, others...);
      } else if constexpr (sizeof...(Others) != 0) {
        Store<0>(args, c + hn::Lanes(d), others...);
      }
    }

    // Each level of the recursion declares two accumulators. Separate locals stay in registers, and vectors without a
    // size known to the compiler (SVE) can be nothing else.
    template <bool kFetchNext, class BOrArranged, class... Accs>
    static HWY_INLINE void Loop(const Args& args, const int16_t* a, int32_t* c, const BOrArranged* b, Accs&... acc) {
      const D32 d;
      if constexpr (sizeof...(Accs) < 2 * kRows * kPairs * kPanels) {
        V32 acc0 = hn::Zero(d), acc1 = hn::Zero(d);
        Loop<kFetchNext>(args, a, c, b, acc..., acc0, acc1);
      } else {
        const size_t panel = args.panel_stride, to_next_piece = args.a_step - kPieceK;
        size_t k = args.k;
        for (; k >= kPieceK; k -= kPieceK, a += to_next_piece) {
          // Unrolled by the compiler, the loop is slower (rate 1.33 instead of 1.35).
#pragma GCC unroll 1
          for (size_t i = 0; i < kPieceK; i += 2 * kKR) TwoSteps<kFetchNext>(a, b, panel, acc...);
        }
        for (; k >= 2 * kKR; k -= 2 * kKR) TwoSteps<kFetchNext>(a, b, panel, acc...);
        if (k != 0) Step(a, b, panel, acc...);
        Store<0>(args, c, acc...);
      }
    }
    // The rows from `row` on.
    static HWY_NOINLINE void Run(const Args& args, size_t row) {
      const char* written = args.hints.written + row * args.hints.written_stride;
      for (size_t r = 0; r < kRows; ++r, written += args.hints.written_stride) {
        PrefetchForWriting(written);
        if (kNR == 32 && args.panels == 2) PrefetchForWriting(written + args.hints.written_bytes - 1);
      }
      const int16_t* const a = args.a + row * kPieceK;
      int32_t* const c = args.c + row * args.c_stride;
      // Columns of a last panel that nobody asks for are left out (16384 x 64 x 2: 1.4 times as fast).
      const size_t columns = kPanels == 1 ? kPairs * hn::Lanes(D32()) : kNR;
      for (size_t col = 0; col < args.c_cols; col += columns) {
        const size_t panel = col / 16, in_panel = col % 16 * kKR;
        const int8_t* const b = args.b + panel * args.panel_stride + in_panel;
        if (args.b_arranged != nullptr) {
          Loop<false>(args, a, c + col, args.b_arranged + panel * 16 * args.b_k + in_panel);
        } else if (kRows > 1 && row + in_panel == 0 && args.hints.b_from_memory) {
          Loop<kRows != 1>(args, a, c + col, b);
        } else {
          Loop<false>(args, a, c + col, b);
        }
      }
    }
  };

  template <size_t kRows>
  using OnePanel = Kernel<kRows, 1>;

  static HWY_INLINE void Tile(State&, const Args& args) {
    if (kNR == 32 && args.panels == 2 && args.rows == 1) return Kernel<1, kNR / 16>::Run(args, 0);
    for (size_t row = 0, left = args.rows, rows; left != 0; row += rows, left -= rows) {
      // Five and six rows are 3 + 2 and 3 + 3: a row alone takes half as long as four.
      rows = left <= kRowsAtOnce ? left : left < 2 * kRowsAtOnce - 1 ? kRowsAtOnce - 1 : kRowsAtOnce;
      CallForRows<OnePanel>(args, std::make_index_sequence<kRowsAtOnce>(), rows, row);
    }
  }
};

#if ISOQUANT_PLAIN_TILES
// Of plain B: bytes 0 and 2 of each word, and bytes 1 and 3, widened.
template <class TA>
struct PlainMadd : PlainVectors {
  using A = TA;
  struct Operand {
    V16 even, odd;
  };
  static constexpr bool kUnsignedB = false;
  static constexpr size_t kMR = kHas32Registers ? 4 : 2, kMostTiles = 1, kWords = 2;

  static HWY_INLINE Operand Prepare(V16 v) { return {hn::ShiftRight<8>(hn::ShiftLeft<8>(v)), hn::ShiftRight<8>(v)}; }
  static HWY_INLINE Operand Group(const int32_t* a) {
    return {hn::BitCast(D16(), hn::Set(D32(), a[0])), hn::BitCast(D16(), hn::Set(D32(), a[1]))};
  }
  static HWY_INLINE Operand Along(const int32_t* a) {
    return {hn::BitCast(D16(), hn::LoadU(D32(), a)), hn::BitCast(D16(), hn::LoadU(D32(), a + kLanes))};
  }
  static HWY_INLINE void Multiply(V32& sum, const Operand& b, const Operand& a) {
    MaddS16Tiles::MultiplyAccumulate(b.even, a.even, sum);
    MaddS16Tiles::MultiplyAccumulate(b.odd, a.odd, sum);
  }
  static HWY_INLINE void ArrangeGroups(const A* row, size_t k, int32_t* to) {
    const int8_t* const from = reinterpret_cast<const int8_t*>(row);
    for (size_t i = 0; i < k; i += kBytes, to += 2 * kLanes) {
      const Operand a = Widen(LoadFirst(D8(), from + i, k - i));
      hn::StoreInterleaved2(hn::BitCast(D32(), a.even), hn::BitCast(D32(), a.odd), D32(), to);
    }
  }
  static HWY_INLINE void StoreAlong(V8 v, int32_t* to) {
    const Operand a = Widen(v);
    hn::StoreU(hn::BitCast(D32(), a.even), D32(), to);
    hn::StoreU(hn::BitCast(D32(), a.odd), D32(), to + kLanes);
  }

 private:
  static HWY_INLINE Operand Widen(V8 v) {
    const hn::RebindToUnsigned<D16> du16;
    if (A(-1) < A(0)) return Prepare(hn::BitCast(D16(), v));
    const auto words = hn::BitCast(du16, v);
    return {hn::BitCast(D16(), hn::And(words, hn::Set(du16, uint16_t{0xff}))),
            hn::BitCast(D16(), hn::ShiftRight<8>(words))};
  }
};
#endif

template <class TA>
struct MaddS16 : MaddS16Tiles {
  using A = TA;
#if ISOQUANT_PLAIN_TILES
  using PlainTile = PlainTiles<PlainMadd<A>>;
#endif

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, int16_t* HWY_RESTRICT out) {
    const D16 d16;
    const hn::Rebind<A, D16> d8;
    const size_t n = hn::Lanes(d16), tail = k % kPieceK;
    for (size_t r = 0; r < rows; ++r, a += a_stride, out += kPieceK) {
      const A* HWY_RESTRICT from = a;
      int16_t* HWY_RESTRICT to = out;
      for (size_t i = 0; i < k / kPieceK; ++i, from += kPieceK, to += rows * kPieceK) {
        for (size_t j = 0; j < kPieceK; j += n) hn::Store(hn::PromoteTo(d16, hn::LoadU(d8, from + j)), d16, to + j);
      }
      for (size_t j = 0; j < tail; j += n) {
        hn::Store(hn::PromoteTo(d16, LoadFirst(d8, from + j, tail - j)), d16, to + j);
      }
    }
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // a target with vectors
#endif  // per-target include guard
