// ISA layer: tiles of few rows whose B is plain bytes, and is read where it lies: what tiles of both orders
// (plain_kxn-inl.h, plain_nxk-inl.h) have in common.
//
// Instructions want the four bytes of a group of K of each column side by side, and columns by vectors, which is what
// panels are for. Where rows of A are few, packing takes longer than the products.
//
// Where an instruction takes one operand of unsigned and one of signed bytes, A is what it is, and B is read ^ 0x80 if
// it is not what the other operand must be. b ^ 0x80 as an unsigned byte is b + 128: sums then owe -128 times the sum
// of a row of A, which takes less time to find than sums of columns of B.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_PLAIN_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_PLAIN_VECTORS_INL_H_
#undef ISOQUANT_INL_ISA_PLAIN_VECTORS_INL_H_
#else
#define ISOQUANT_INL_ISA_PLAIN_VECTORS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Columns of a tile.
constexpr size_t kPlainColumns = 64;

// The operands of a tile.
struct PlainTileArgs {
  const int8_t* b;
  size_t b_stride;          // bytes from row to row of B
  int8_t flip;              // bytes of B are read ^ flip
  const int32_t* a;         // rows as PlainTiles arranges them
  size_t a_stride;          // words
  size_t rows;              // 1..kMR
  const int32_t* row_sums;  // for kOwesRows: of A
  int32_t* to;              // sums
  size_t to_stride;         // elements
  bool add;                 // sums that are complete: to += instead of to =

  // K x N: kPlainColumns columns, and groups of four lines. They go on with sums of earlier groups, which lie at `from`
  // in the order of registers, or begin with what is owed if that is null. Sums that are not complete go to `to` in the
  // same order.
  size_t groups;
  const int32_t* from;
  size_t from_stride;  // elements
  bool is_complete;
  ptrdiff_t ahead;  // so many bytes after each line one is fetched into the cache; 0: none is

  // N x K: rows of k bytes, of so many columns.
  size_t k, cols;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

// Vectors whose size compilers know.
#undef ISOQUANT_PLAIN_TILES
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE || HWY_TARGET_IS_SVE
#define ISOQUANT_PLAIN_TILES 0
#else
#define ISOQUANT_PLAIN_TILES 1
#endif

#if ISOQUANT_PLAIN_TILES

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Vectors, and sums of four vectors for each row. Instructions derive from this; they have
//
//   A, kMR               elements and most rows of a tile
//   kMostTiles           products of more tiles of rows are faster with B in panels
//   kWords               words that four elements of a row are, arranged
//   kUnsignedB           bytes of B are unsigned. So sums owe -128 times the sum of the row of A
//   Operand              what they take a vector of bytes as; Prepare(v) makes one of B
//   Group(a)             one of four elements, which are the same in all lanes
//   Along(a)             one of a vector of elements
//   Multiply(sum, b, a)  sum += products
//   ArrangeGroups(row, k, to)   writes a row for Group: whole groups, filled up with zeros
//   StoreAlong(v, to)    writes a vector of elements for Along
struct PlainVectors {
  using D8 = hn::CappedTag<int8_t, kPlainColumns>;
  using D16 = hn::RepartitionToWide<D8>;
  using D32 = hn::RepartitionToWide<D16>;
  using V8 = hn::Vec<D8>;
  using V16 = hn::Vec<D16>;
  using V32 = hn::Vec<D32>;
  static constexpr size_t kBytes = hn::MaxLanes(D8()), kLanes = hn::MaxLanes(D32());
  static constexpr bool kHas32Registers = HWY_TARGET_IS_NEON || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3);

  struct Four {
    V16 v[4];
  };
};

// Of instructions that multiply bytes, four at a time. Dot: Accumulate(sum, a, b). With kUnsigned, it takes an unsigned
// byte of B as its a.
template <class TA, class Dot, bool kUnsigned>
struct PlainBytes : PlainVectors {
  using A = TA;
  using Operand = V32;
  static constexpr bool kUnsignedB = kUnsigned;
  static constexpr size_t kMR = kHas32Registers ? 6 : 2, kMostTiles = 4, kWords = 1;

  static HWY_INLINE Operand Prepare(V16 v) { return hn::BitCast(D32(), v); }
  static HWY_INLINE Operand Group(const int32_t* a) { return hn::Set(D32(), *a); }
  static HWY_INLINE Operand Along(const int32_t* a) { return hn::LoadU(D32(), a); }
  static HWY_INLINE void Multiply(V32& sum, Operand b, Operand a) {
    sum = kUnsigned ? Dot::Accumulate(sum, b, a) : Dot::Accumulate(sum, a, b);
  }
  static HWY_INLINE void ArrangeGroups(const A* row, size_t k, int32_t* to) {
    if (k % 4 != 0) to[k / 4] = 0;
    std::memcpy(to, row, k);
  }
  static HWY_INLINE void StoreAlong(V8 v, int32_t* to) { hn::StoreU(hn::BitCast(D32(), v), D32(), to); }
};

// Sums of kRows rows, and the rows. (Rows from two pointers, so that each needs no register.)
template <class Plain, size_t kRows>
struct TileSums {
  using V32 = typename Plain::V32;
  static constexpr size_t kAll = 4 * kRows;
  static constexpr std::make_index_sequence<kAll> kEach{};

  struct RowsAt {
    const int32_t *row0, *row3;
    size_t stride;

    HWY_INLINE explicit RowsAt(const PlainTileArgs& args)
        : row0(args.a), row3(kRows > 3 ? args.a + 3 * args.a_stride : args.a), stride(args.a_stride) {}
    HWY_INLINE void Advance(size_t words) {
      row0 += words;
      row3 += words;
    }
    template <bool kAlong, size_t kRow>
    HWY_INLINE typename Plain::Operand Load() const {
      const int32_t* const a = (kRow < 3 ? row0 : row3) + kRow % 3 * stride;
      if constexpr (kAlong) {
        return Plain::Along(a);
      } else {
        return Plain::Group(a);
      }
    }
  };

  // All rows times four vectors of B: row by row, each loaded once. Few rows vector by vector, because what is prepared
  // of one needs registers, too.
  template <bool kAlong>
  HWY_INLINE void Multiply(const typename Plain::Four& b, const RowsAt& a) {
    if constexpr (kRows > 2) {
      const typename Plain::Operand all[] = {Plain::Prepare(b.v[0]), Plain::Prepare(b.v[1]), Plain::Prepare(b.v[2]),
                                             Plain::Prepare(b.v[3])};
      MultiplyRows<kAlong>(all, a, std::make_index_sequence<kRows>());
    } else {
      MultiplyEach<kAlong>(b, a, kEach);
    }
  }
  static HWY_INLINE int32_t Owed(int32_t row_sum) {
    return Plain::kUnsignedB ? static_cast<int32_t>(0u - 128u * static_cast<uint32_t>(row_sum)) : 0;
  }

  V32 v[kAll];  // four of each row

 private:
  template <bool kAlong, size_t... kRow>
  HWY_INLINE void MultiplyRows(const typename Plain::Operand (&b)[4], const RowsAt& a, std::index_sequence<kRow...>) {
    (MultiplyRow<4 * kRow>(b, a.template Load<kAlong, kRow>()), ...);
  }
  template <size_t kAt>
  HWY_INLINE void MultiplyRow(const typename Plain::Operand (&b)[4], const typename Plain::Operand& a) {
    Plain::Multiply(v[kAt], b[0], a);
    Plain::Multiply(v[kAt + 1], b[1], a);
    Plain::Multiply(v[kAt + 2], b[2], a);
    Plain::Multiply(v[kAt + 3], b[3], a);
  }
  template <bool kAlong, size_t... kI>
  HWY_INLINE void MultiplyEach(const typename Plain::Four& b, const RowsAt& a, std::index_sequence<kI...>) {
    (Plain::Multiply(v[kI % kRows * 4 + kI / kRows], Plain::Prepare(b.v[kI / kRows]),
                     a.template Load<kAlong, kI % kRows>()),
     ...);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_PLAIN_TILES
#endif  // per-target include guard
