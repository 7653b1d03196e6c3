// ISA layer: half as many multiplications, for CPUs that have more ports for additions (tier avx2).
//
// S. Winograd, "A New Algorithm for Inner Product", IEEE Transactions on Computers C-17 (1968): of two products at a
// time,
//
//   (a0 + b1) (a1 + b0) = a0 b0 + a1 b1 + a0 a1 + b0 b1.
//
// The last two terms are those of a row and of a column alone, and are found once. With 16 bits all of this is exact: a
// sum of u8 or s8 and s8 is at most 382, and what exceeds 32 bits on the way comes back, modulo 2^32. (Here k and k + 2
// make a pair, so that rows are arranged as for MaddS16.)
//
// So 32 products take VPADDW twice, VPMADDWD and VPADDD. In MaddS16 they take VPMADDWD and VPADDD twice each, and CPUs
// add at more vector ports than they multiply at: Haswell and Zen 2 multiply at one, Skylake and Zen 3 at two. (Bare
// loops, Zen 3, in times of two VPMADDWD alone: MaddS16 1.43, these 1.10, VPMADDUBSW, which saturates, 1.04. Products:
// bench/README.md.)
//
// Registers: 5 rows x 2 vectors = 10 sums, 2 of B, 2 of A and 2 sums of pairs. The other half of B is an operand in
// memory.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_MADD_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_MADD_PAIRS_INL_H_
#undef ISOQUANT_INL_ISA_TILE_MADD_PAIRS_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_MADD_PAIRS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_madd_s16-inl.h"
#include "isoquant/inl/util/parts-inl.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// kRows x 16 columns of C.
template <size_t kRows>
struct MaddPairsKernel {
  using Args = MaddS16Tiles::Args;
  static constexpr size_t kKR = MaddS16Tiles::kKR, kPieceK = MaddS16Tiles::kPieceK;
  using D16 = hn::FixedTag<int16_t, 16>;
  using D32 = hn::FixedTag<int32_t, 8>;
  using V16 = hn::Vec<D16>;
  using V32 = hn::Vec<D32>;
  // All sums. They stay in registers, because each is named by a constant.
  struct Sums {
    V32 v[2 * kRows];
  };

  // acc += (a0 + b2) (a2 + b0) + (a1 + b3) (a3 + b1). One asm, because compilers would load b23 once for all rows, and
  // keep it on the stack.
  static HWY_INLINE void MultiplyAccumulate(V16 a01, V16 a23, V16 b01, const int16_t* b23, V32& acc) {
    V16 t, u;
    __asm__("vpaddw %4, %3, %1\n\tvpaddw %6, %5, %2\n\tvpmaddwd %2, %1, %1\n\tvpaddd %1, %0, %0"
            : "+x"(acc.raw), "=&x"(t.raw), "=&x"(u.raw)
            : "x"(a01.raw), "m"(*reinterpret_cast<const __m256i_u*>(b23)), "x"(a23.raw), "x"(b01.raw));
  }

  static HWY_INLINE V16 Broadcast(const int16_t* a) {
    return hn::BitCast(D16(), hn::Set(D32(), LoadUnaligned<int32_t>(a)));
  }

  // Four of K.
  template <size_t... kRow>
  static HWY_INLINE void Step(const int16_t* a, const int16_t* b, Sums& sums, std::index_sequence<kRow...>) {
    const V16 left = hn::LoadU(D16(), b + 32), right = hn::LoadU(D16(), b + 48);
    (StepRow<kRow>(a + kRow * kPieceK, b, left, right, sums), ...);
  }
  template <size_t kRow>
  static HWY_INLINE void StepRow(const int16_t* a, const int16_t* b, V16 left, V16 right, Sums& sums) {
    const V16 a01 = Broadcast(a), a23 = Broadcast(a + 2);
    MultiplyAccumulate(a01, a23, left, b, sums.v[2 * kRow]);
    MultiplyAccumulate(a01, a23, right, b + 16, sums.v[2 * kRow + 1]);
  }
  template <class Rows>
  static HWY_INLINE void TwoSteps(const int16_t*& a, const int16_t*& b, Sums& sums, Rows rows) {
    Step(a, b, sums, rows);
    Step(a + kKR, b + 64, sums, rows);
    a += 2 * kKR;
    b += 128;
  }

  template <size_t... kI>
  static HWY_INLINE Sums Begin(const Owed& owed, size_t first, std::index_sequence<kI...>) {
    const V32 left = hn::LoadU(D32(), owed.columns), right = hn::LoadU(D32(), owed.columns + 8);
    return Sums{{hn::Add(kI % 2 == 0 ? left : right, hn::Set(D32(), owed.rows[first + kI / 2]))...}};
  }

  template <size_t... kI>
  static HWY_INLINE void Store(const Args& args, int32_t* c, const Sums& sums, std::index_sequence<kI...>) {
    (StoreVector(args.add, c + kI / 2 * args.c_stride + kI % 2 * 8, sums.v[kI]), ...);
  }
  static HWY_INLINE void StoreVector(bool add, int32_t* c, V32 sum) {
    if (add) sum = hn::Add(sum, hn::LoadU(D32(), c));
    hn::StoreU(sum, D32(), c);
  }

  // The rows from `first` on, `times` times kRows.
  static HWY_NOINLINE void Run(const Args& args, size_t first, size_t times) {
    constexpr std::make_index_sequence<kRows> kAll;
    constexpr std::make_index_sequence<2 * kRows> kAllSums;
    const size_t to_next_piece = args.a_step - kPieceK;
    for (; times != 0; --times, first += kRows) {
      const char* written = args.hints.written + first * args.hints.written_stride;
      for (size_t r = 0; r < kRows; ++r, written += args.hints.written_stride) {
        PrefetchForWriting(written);
        PrefetchForWriting(written + args.hints.written_bytes - 1);
      }
      const int16_t *a = args.a + first * kPieceK, *b = args.b_arranged;
      Sums sums = Begin(args.owed, first, kAllSums);
      size_t k = args.k;
      for (; k >= kPieceK; k -= kPieceK, a += to_next_piece) {
#pragma GCC unroll 1
        for (size_t i = 0; i < kPieceK; i += 2 * kKR) TwoSteps(a, b, sums, kAll);
      }
#pragma GCC unroll 1
      for (; k >= 2 * kKR; k -= 2 * kKR) TwoSteps(a, b, sums, kAll);
      if (k != 0) Step(a, b, sums, kAll);
      Store(args, args.c + first * args.c_stride, sums, kAllSums);
    }
  }
};

// Panels that are not arranged, and up to 8 columns, are multiplied as by MaddS16: rows are arranged as there.
struct MaddPairsTiles : MaddS16Tiles {
  static constexpr size_t kRowsAtOnce = 5, kMR = 4 * kRowsAtOnce, kTallMR = kMR, kNR = 16;
  static constexpr size_t kFewRows = kRowsAtOnce, kShortK = 256, kManyMR = kRowsAtOnce, kManyNR = kNR;
  static constexpr size_t kArrangeBRows = 1;
  static constexpr bool kOwes = true;

  // Of each step of four, for two vectors of 8 columns: k = 2 and 3 of both; then k = 0 and 1.
  static void ArrangePanel(const int8_t* HWY_RESTRICT b, size_t k, int16_t* HWY_RESTRICT out, int32_t* owed) {
    const hn::FixedTag<int8_t, 32> d8;
    const hn::FixedTag<int16_t, 16> d16;
    const hn::FixedTag<int32_t, 8> d32;
    const auto high_halves = hn::Dup128VecFromValues(d8, -1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13);
    auto sum0 = hn::Zero(d32), sum1 = sum0;
    const auto arrange = [&](const int8_t* from, int16_t* to) HWY_ATTR {
      const auto v = hn::LoadU(d8, from);
      const auto b01 = hn::ShiftRight<8>(hn::BitCast(d16, hn::TableLookupBytesOr0(v, high_halves)));
      const auto next = hn::BitCast(d8, hn::ShiftRight<16>(hn::BitCast(hn::RebindToUnsigned<decltype(d32)>(), v)));
      const auto b23 = hn::ShiftRight<8>(hn::BitCast(d16, hn::TableLookupBytesOr0(next, high_halves)));
      hn::StoreU(b23, d16, to);
      hn::StoreU(b01, d16, to + 2 * 16);
      return hn::WidenMulPairwiseAdd(d32, b01, b23);
    };
    for (size_t i = 0; i < k; i += kKR, b += 16 * kKR, out += 16 * kKR) {
      sum0 = hn::Add(sum0, arrange(b, out));
      sum1 = hn::Add(sum1, arrange(b + 8 * kKR, out + 16));
    }
    hn::StoreU(hn::Neg(sum0), d32, owed);
    hn::StoreU(hn::Neg(sum1), d32, owed + 8);
  }

  // owed[r] = -(a0 a2 + a1 a3 + a4 a6 + ...), of k elements of a row, a multiple of four.
  static HWY_NOINLINE void OweRows(const int16_t* arranged, size_t rows, size_t k, int32_t* owed) {
    const hn::FixedTag<int16_t, 16> d16;
    const hn::FixedTag<int32_t, 8> d32;
    const hn::FixedTag<uint64_t, 4> d64;
    const auto add = [&](hn::Vec<decltype(d16)> v, hn::Vec<decltype(d32)> sum) HWY_ATTR {
      const auto next = hn::BitCast(d16, hn::ShiftRight<32>(hn::BitCast(d64, v)));
      return hn::Add(sum, hn::WidenMulPairwiseAdd(d32, v, next));
    };
    for (size_t r = 0; r < rows; ++r, arranged += kPieceK) {
      const int16_t* piece = arranged;
      auto sum0 = hn::Zero(d32), sum1 = sum0;
      size_t left = k;
      for (; left >= kPieceK; left -= kPieceK, piece += rows * kPieceK) {
        sum0 = add(hn::LoadU(d16, piece), sum0);
        sum1 = add(hn::LoadU(d16, piece + 16), sum1);
      }
      for (; left != 0; left -= Min(left, size_t{16}), piece += 16) sum0 = add(hn::LoadN(d16, piece, left), sum0);
      owed[r] = -hn::ReduceSum(d32, hn::Add(sum0, sum1));
    }
  }

  static HWY_INLINE void Tile(State& state, const Args& args) {
    if (args.b_arranged == nullptr || args.c_cols <= 8) return TileOfBytes(state, args);
    CallForRowParts<MaddPairsKernel, kRowsAtOnce>(args);
  }
  // Not inlined: it has a copy of args.
  static HWY_NOINLINE void TileOfBytes(State& state, Args args) {
    args.b_arranged = nullptr;
    MaddS16Tiles::Tile(state, args);
  }
};

template <class TA>
struct MaddPairs : MaddPairsTiles {
  using A = TA;
  // Fewer rows do not pay for arranged panels, nor fewer columns for what rows owe. Longer K have smaller blocks of
  // rows, and panels that leave L1 (Zen 3: MatMul 512/4096/512 0.94 times, 256/1024/1024 1.045 times as fast as by
  // MaddS16).
  static constexpr char kShapes[] = "from 40 rows and 25 columns on, with 32 to 1024 of K";
  static constexpr bool Suits(size_t m, size_t k, size_t n) { return m >= 40 && k >= 32 && k <= 1024 && n > 24; }
  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, int16_t* HWY_RESTRICT out) {
    MaddS16<A>::ArrangeTile(a, a_stride, k, rows, out);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
