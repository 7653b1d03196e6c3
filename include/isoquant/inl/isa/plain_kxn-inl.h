// ISA layer: few rows times plain K x N of bytes (plain_vectors-inl.h).
//
// A group of four lines of B is interleaved in registers, eight shuffles for four vectors, and multiplied by the rows
// of a tile at once. Interleaving works within blocks of 16 bytes. So the sums of vector v of the four hold, in block
// l, columns 16 l + 4 v to 16 l + 4 v + 3. They are put in order when they are complete.
//
// Registers: 6 rows x 4 vectors of sums, 4 of B, 1 of A and 1 of flips, of 32; with 16, 2 rows. (Zen 5, MatMulPlain
// 6/768/768: 85 % of the peak of VPDPBUSD, 4/768/768 75 %; packed on the way 35 and 25 %.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_PLAIN_KXN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_PLAIN_KXN_INL_H_
#undef ISOQUANT_INL_ISA_PLAIN_KXN_INL_H_
#else
#define ISOQUANT_INL_ISA_PLAIN_KXN_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/isa/plain_vectors-inl.h"

#if ISOQUANT_PLAIN_TILES

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Tiles of kRows rows.
template <class Plain, size_t kRows>
struct PlainKxN {
  using D8 = typename Plain::D8;
  using D16 = typename Plain::D16;
  using D32 = typename Plain::D32;
  using V8 = typename Plain::V8;
  using V16 = typename Plain::V16;
  using V32 = typename Plain::V32;
  using Sums = TileSums<Plain, kRows>;
  static constexpr size_t kLanes = Plain::kLanes;

  static HWY_INLINE V8 Load(const int8_t* line, V8 flips) { return hn::Xor(hn::LoadU(D8(), line), flips); }
  static HWY_INLINE typename Plain::Four Interleave(const int8_t* b, size_t stride, V8 flips) {
    const D8 d8;
    const D16 d16;
    const V8 line0 = Load(b, flips), line1 = Load(b + stride, flips);
    const V8 line2 = Load(b + 2 * stride, flips), line3 = Load(b + 3 * stride, flips);
    const V16 lower01 = hn::BitCast(d16, hn::InterleaveLower(d8, line0, line1));
    const V16 upper01 = hn::BitCast(d16, hn::InterleaveUpper(d8, line0, line1));
    const V16 lower23 = hn::BitCast(d16, hn::InterleaveLower(d8, line2, line3));
    const V16 upper23 = hn::BitCast(d16, hn::InterleaveUpper(d8, line2, line3));
    return {{hn::InterleaveLower(d16, lower01, lower23), hn::InterleaveUpper(d16, lower01, lower23),
             hn::InterleaveLower(d16, upper01, upper23), hn::InterleaveUpper(d16, upper01, upper23)}};
  }

  template <size_t... kI>
  static HWY_INLINE void Begin(const PlainTileArgs& args, size_t col, Sums& sums, std::index_sequence<kI...>) {
    if (args.from != nullptr) {
      ((sums.v[kI] = hn::LoadU(D32(), args.from + kI / 4 * args.from_stride + col + kI % 4 * kLanes)), ...);
    } else {
      ((sums.v[kI] = hn::Set(D32(), Plain::kUnsignedB ? Sums::Owed(args.row_sums[kI / 4]) : 0)), ...);
    }
  }
  // In the order of registers: vector v at kLanes v.
  template <size_t... kI>
  static HWY_INLINE void Store(const PlainTileArgs& args, size_t col, const Sums& sums, std::index_sequence<kI...>) {
    (hn::StoreU(sums.v[kI], D32(), args.to + kI / 4 * args.to_stride + col + kI % 4 * kLanes), ...);
  }

  template <size_t... kRow>
  static HWY_INLINE void StoreInOrder(int32_t* to, size_t stride, bool add, const Sums& sums,
                                      std::index_sequence<kRow...>) {
    ((StoreRow(sums.v + 4 * kRow, add, to), to += stride), ...);
  }
  static HWY_INLINE void StoreRow(const V32* v, bool add, int32_t* to) {
    const D32 d;
    if constexpr (kLanes == 16) {
      const V32 even01 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[1]), v[0]);
      const V32 odd01 = hn::OddEvenBlocks(v[1], hn::SwapAdjacentBlocks(v[0]));
      const V32 even23 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[3]), v[2]);
      const V32 odd23 = hn::OddEvenBlocks(v[3], hn::SwapAdjacentBlocks(v[2]));
      StoreFour(hn::ConcatLowerLower(d, even23, even01), hn::ConcatLowerLower(d, odd23, odd01),
                hn::ConcatUpperUpper(d, even23, even01), hn::ConcatUpperUpper(d, odd23, odd01), add, to);
    } else if constexpr (kLanes == 8) {
      StoreFour(hn::ConcatLowerLower(d, v[1], v[0]), hn::ConcatLowerLower(d, v[3], v[2]),
                hn::ConcatUpperUpper(d, v[1], v[0]), hn::ConcatUpperUpper(d, v[3], v[2]), add, to);
    } else {
      StoreFour(v[0], v[1], v[2], v[3], add, to);
    }
  }
  static HWY_INLINE void StoreFour(V32 v0, V32 v1, V32 v2, V32 v3, bool add, int32_t* to) {
    StoreVector(v0, add, to);
    StoreVector(v1, add, to + kLanes);
    StoreVector(v2, add, to + 2 * kLanes);
    StoreVector(v3, add, to + 3 * kLanes);
  }
  static HWY_INLINE void StoreVector(V32 sum, bool add, int32_t* to) {
    if (add) sum = hn::Add(sum, hn::LoadU(D32(), to));
    hn::StoreU(sum, D32(), to);
  }

  // Columns from `col` on: those of a vector of a line. (Not inlined: each number of rows has the registers for
  // itself.)
  static HWY_NOINLINE void RunColumns(const PlainTileArgs& args, size_t col) {
    Sums sums;
    Begin(args, col, sums, Sums::kEach);
    const V8 flips = hn::Set(D8(), args.flip);
    const int8_t* b = args.b + col;
    typename Sums::RowsAt a(args);
    const size_t stride = args.b_stride;
    const ptrdiff_t ahead = col == 0 ? args.ahead : 0;
    for (size_t left = args.groups; left != 0; --left) {
      if (ahead != 0) {
        for (size_t i = 0; i < 4; ++i) hwy::Prefetch(b + static_cast<ptrdiff_t>(i * stride) + ahead);
      }
      sums.template Multiply<false>(Interleave(b, stride, flips), a);
      b += 4 * stride;
      a.Advance(Plain::kWords);
    }
    if (!args.is_complete) return Store(args, col, sums, Sums::kEach);
    StoreInOrder(args.to + col, args.to_stride, args.add, sums, std::make_index_sequence<kRows>());
  }
  static HWY_INLINE void Run(const PlainTileArgs& args) {
    for (size_t col = 0; col < kPlainColumns; col += Plain::kBytes) RunColumns(args, col);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_PLAIN_TILES
#endif  // per-target include guard
