// ISA layer: 16-bit products, added in pairs to int32 (VPMADDWD on x86), for every target with vectors. By Highway
// alone, but for one addition.
//
// |a b| <= 255 * 128, and the sum of two such products fits int32, so that all of s8 and u8 is exact. A is widened to
// s16 when it is arranged. B is widened by a promoting load; with more than one tile of rows, it is widened once for
// all of them (rate 1.34 instead of 1.25). A vector of s32 holds two partial sums, of (k, k + 1) and of (k + 2, k + 3),
// for half as many columns as it has lanes. After the loop two such vectors make one vector of columns. Tried and lost:
// even and odd bytes of B split by shifts (1.25); VPSIGNB + VPMADDUBSW (1.14, and wrong for -128).
//
// Registers: 4 rows x 2 vectors = 8 accumulators, 2 of B, 1 of A, 2 products, of 16. (6 rows fit too, but reach 1.27.)
//
// Rates are multiply-adds in the time of one f32 FMA lane on Granite Rapids (vs_fma of ISOQUANT_MAX_TIER=avx2
// bench/run.sh --benchmark_filter='^MatMul/s8s8s32/512/512/512').

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#undef ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_MADD_S16_INL_H_
#endif

#include "isoquant/inl/isa/arm.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct MaddS16Tiles : AnyShape, TargetTier {
  static constexpr size_t kMR = 4, kNR = 16, kTallMR = kMR, kKR = 4;
  using ArrangedA = int16_t;
  using ArrangedB = int16_t;
  static constexpr size_t kArrangeBRows = kMR + 1;
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

  // One group of four K: a row at `a`, then the rows below it.
  template <class... RowsBelow>
  static HWY_INLINE void Step(const int16_t* a, V16 b0, V16 b1, V32& acc0, V32& acc1, RowsBelow&... below) {
    const V16 va = hn::BitCast(D16(), hn::Set(D64(), LoadUnaligned<int64_t>(a)));
    MultiplyAccumulate(b0, va, acc0);
    MultiplyAccumulate(b1, va, acc1);
    if constexpr (sizeof...(RowsBelow) != 0) Step(a + kPieceK, b0, b1, below...);
  }

  // Two steps at a time, because scalar instructions compete for the vector ports of x86.
  template <class BOrArranged, class... Accs>
  static HWY_INLINE void TwoSteps(const int16_t*& a, const BOrArranged*& b, Accs&... acc) {
    const size_t n = hn::Lanes(D16());
    Step(a, LoadB(b), LoadB(b + n), acc...);
    Step(a + kKR, LoadB(b + 64), LoadB(b + 64 + n), acc...);
    a += 2 * kKR;
    b += 128;
  }

  template <class... RowsBelow>
  static HWY_INLINE void StoreRows(const Args& args, int32_t* c, V32 acc0, V32 acc1, RowsBelow... below) {
    const D32 d;
    V32 sum = hn::Add(hn::ConcatEven(d, acc1, acc0), hn::ConcatOdd(d, acc1, acc0));
    if (args.add) sum = hn::Add(sum, hn::LoadU(d, c));
    hn::StoreU(sum, d, c);
    if constexpr (sizeof...(RowsBelow) != 0) StoreRows(args, c + args.c_stride, below...);
  }

  // kRows rows of as many columns as D32 has lanes, beginning at column `col`. B is int8_t panels or int16_t arranged
  // ones.
  template <size_t kRows>
  struct Kernel {
    // Each level of the recursion declares the accumulators of one row. Separate locals stay in registers, and vectors
    // without a size known to the compiler (SVE) can be nothing else.
    template <class BOrArranged, class... Accs>
    static HWY_INLINE void Loop(const Args& args, size_t col, const BOrArranged* b, Accs&... acc) {
      const D32 d;
      if constexpr (sizeof...(Accs) < 2 * kRows) {
        V32 acc0 = hn::Zero(d), acc1 = hn::Zero(d);
        Loop(args, col, b, acc..., acc0, acc1);
      } else {
        const int16_t* a = args.a;
        size_t k = args.k;
        for (; k >= kPieceK; k -= kPieceK, a += (kRows - 1) * kPieceK) {
          // Unrolled by the compiler, the loop is slower (rate 1.33 instead of 1.35).
#pragma GCC unroll 1
          for (size_t i = 0; i < kPieceK; i += 2 * kKR) TwoSteps(a, b, acc...);
        }
        for (; k >= 2 * kKR; k -= 2 * kKR) TwoSteps(a, b, acc...);
        if (k != 0) Step(a, LoadB(b), LoadB(b + hn::Lanes(D16())), acc...);
        StoreRows(args, args.c + col, acc...);
      }
    }
    static HWY_NOINLINE void Run(const Args& args) {
      for (size_t row = 0; row < kRows; ++row) PrefetchForWriting(args.hints.written + row * args.hints.written_stride);
      for (size_t col = 0; col < kNR; col += hn::Lanes(D32())) {
        if (args.b_arranged != nullptr) {
          Loop(args, col, args.b_arranged + col * 4);
        } else {
          Loop(args, col, args.b + col * 4);
        }
      }
    }
  };

  static HWY_INLINE void Tile(State&, const Args& args) { CallForRows<Kernel>(args, std::make_index_sequence<kMR>()); }
};

template <class TA>
struct MaddS16 : MaddS16Tiles {
  using A = TA;

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
