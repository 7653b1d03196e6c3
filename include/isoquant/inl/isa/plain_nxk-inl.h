// ISA layer: few rows times plain N x K of bytes (plain_vectors-inl.h), and the tiles of both orders.
//
// Rows of both operands are multiplied along K, four columns of C at a time. So the lanes of a sum are parts of it, and
// are added up at the end of K: four vectors at once, which takes as long as the products of 100 to 200 of K.
//
// What is left of K behind whole vectors is a vector that ends with the row. Its first elements were multiplied before:
// A has zeros there.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_PLAIN_NXK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_PLAIN_NXK_INL_H_
#undef ISOQUANT_INL_ISA_PLAIN_NXK_INL_H_
#else
#define ISOQUANT_INL_ISA_PLAIN_NXK_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/plain_kxn-inl.h"
#include "isoquant/inl/isa/plain_vectors-inl.h"
#include "isoquant/inl/isa/reduce-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

#if ISOQUANT_PLAIN_TILES

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Tiles of kRows rows.
template <class Plain, size_t kRows>
struct PlainNxK {
  using D8 = typename Plain::D8;
  using D16 = typename Plain::D16;
  using D32 = typename Plain::D32;
  using V8 = typename Plain::V8;
  using Sums = TileSums<Plain, kRows>;
  using OutD = hn::Full128<int32_t>;
  static constexpr size_t kBytes = Plain::kBytes;

  // Rows of B: four columns of C. Where there are fewer, the last one is read again.
  struct Columns {
    const int8_t* column[4];

    HWY_INLINE Columns(const PlainTileArgs& args, size_t col)
        : column{Column(args, col), Column(args, col + 1), Column(args, col + 2), Column(args, col + 3)} {}
    static HWY_INLINE const int8_t* Column(const PlainTileArgs& args, size_t col) {
      return args.b + Min(col, args.cols - 1) * args.b_stride;
    }
  };
  static HWY_INLINE typename Plain::Four Flip(V8 v0, V8 v1, V8 v2, V8 v3, V8 flips) {
    const D16 d16;
    return {{hn::BitCast(d16, hn::Xor(v0, flips)), hn::BitCast(d16, hn::Xor(v1, flips)),
             hn::BitCast(d16, hn::Xor(v2, flips)), hn::BitCast(d16, hn::Xor(v3, flips))}};
  }
  static HWY_INLINE typename Plain::Four Load(const Columns& b, size_t at, V8 flips) {
    const D8 d;
    return Flip(hn::LoadU(d, b.column[0] + at), hn::LoadU(d, b.column[1] + at), hn::LoadU(d, b.column[2] + at),
                hn::LoadU(d, b.column[3] + at), flips);
  }
  static HWY_INLINE typename Plain::Four LoadShort(const Columns& b, size_t k, V8 flips) {
    const D8 d;
    return Flip(hn::LoadN(d, b.column[0], k), hn::LoadN(d, b.column[1], k), hn::LoadN(d, b.column[2], k),
                hn::LoadN(d, b.column[3], k), flips);
  }

  template <size_t... kRow>
  static HWY_INLINE void Store(const PlainTileArgs& args, size_t col, const Sums& sums, std::index_sequence<kRow...>) {
    const size_t n = Min(args.cols - col, 4);
    (StoreRow(sums.v + 4 * kRow, Plain::kUnsignedB ? Sums::Owed(args.row_sums[kRow]) : 0, args.add, n,
              args.to + kRow * args.to_stride + col),
     ...);
  }
  static HWY_INLINE void StoreRow(const typename Plain::V32* v, int32_t owed, bool add, size_t n, int32_t* to) {
    const OutD d;
    auto sum = hn::Add(SumsOfFour(D32(), v[0], v[1], v[2], v[3]), hn::Set(d, owed));
    if (add) sum = hn::Add(sum, LoadFirst(d, to, n));
    StoreFirst(sum, d, to, n);
  }

  // (Not inlined: each number of rows has the registers for itself.)
  static HWY_NOINLINE void Run(const PlainTileArgs& args) {
    const V8 flips = hn::Set(D8(), args.flip);
    const size_t whole = args.k / kBytes * kBytes;
    for (size_t col = 0; col < args.cols; col += 4) {
      const Columns b(args, col);
      typename Sums::RowsAt a(args);
      Sums sums;
      for (auto& v : sums.v) v = hn::Zero(D32());
      for (size_t at = 0; at < whole; at += kBytes) {
        sums.template Multiply<true>(Load(b, at, flips), a);
        a.Advance(Plain::kWords * Plain::kLanes);
      }
      if (whole != args.k) {
        sums.template Multiply<true>(whole != 0 ? Load(b, args.k - kBytes, flips) : LoadShort(b, args.k, flips), a);
      }
      Store(args, col, sums, std::make_index_sequence<kRows>());
    }
  }
};

// What the engine knows of an instruction: tiles of both orders of B, and how rows are arranged for them.
template <class Plain>
struct PlainTiles {
  using A = typename Plain::A;
  static constexpr size_t kMR = Plain::kMR, kMostTiles = Plain::kMostTiles, kWords = Plain::kWords;
  static constexpr bool kUnsignedB = Plain::kUnsignedB;

  template <size_t kRows>
  using KxN = PlainKxN<Plain, kRows>;
  template <size_t kRows>
  using NxK = PlainNxK<Plain, kRows>;

  static HWY_INLINE void TileKxN(const PlainTileArgs& args) { CallForRows<KxN>(args, std::make_index_sequence<kMR>()); }
  static HWY_INLINE void TileNxK(const PlainTileArgs& args) { CallForRows<NxK>(args, std::make_index_sequence<kMR>()); }

  // `to` has room for whole vectors.
  static HWY_INLINE void ArrangeForKxN(const A* row, size_t k, int32_t* to) { Plain::ArrangeGroups(row, k, to); }
  static HWY_INLINE void ArrangeForNxK(const A* row, size_t k, int32_t* to) {
    constexpr size_t kBytes = Plain::kBytes;
    const typename Plain::D8 d;
    const int8_t* const from = reinterpret_cast<const int8_t*>(row);
    const size_t whole = k / kBytes * kBytes, rest = k - whole;
    for (size_t i = 0; i < whole; i += kBytes, to += Plain::kWords * Plain::kLanes) {
      Plain::StoreAlong(hn::LoadU(d, from + i), to);
    }
    if (rest == 0) return;
    HWY_ALIGN int8_t last[kBytes] = {};
    std::memcpy(last + (whole != 0 ? kBytes - rest : 0), from + whole, rest);
    Plain::StoreAlong(hn::Load(d, last), to);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_PLAIN_TILES
#endif  // per-target include guard
