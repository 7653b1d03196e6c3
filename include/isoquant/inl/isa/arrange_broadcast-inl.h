// ISA layer: rows of bytes on their way into arranged form, for tiles of broadcast groups (tile_broadcast-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_ARRANGE_BROADCAST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_ARRANGE_BROADCAST_INL_H_
#undef ISOQUANT_INL_ISA_ARRANGE_BROADCAST_INL_H_
#else
#define ISOQUANT_INL_ISA_ARRANGE_BROADCAST_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

#if HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Writes the first k bytes of rows, each ^ kFlip, in pieces of 64 that alternate over the rows. What follows the last
// byte is zero ^ kFlip up to the next multiple of 4, or more: B is zero there.
template <uint8_t kFlip>
struct ArrangeBroadcast {
  static HWY_INLINE void Run(const uint8_t* piece, size_t a_stride, size_t k, size_t rows, uint8_t* HWY_RESTRICT out) {
    for (; k >= kPieceBytes; k -= kPieceBytes, piece += kPieceBytes, out += rows * kPieceBytes) {
      ForRows(piece, a_stride, rows, out, [](Bytes d, const uint8_t* from) { return hn::LoadU(d, from); });
    }
    if (k == 0) return;
      // Whole vectors may be written to `out`. What follows the last element may be anything, because B is zero there.
#if HWY_TARGET <= HWY_AVX3
    const auto first = hn::FirstN(Bytes(), k);
    ForRows(piece, a_stride, rows, out,
            [first](Bytes d, const uint8_t* from) { return hn::MaskedLoad(first, d, from); });
#else
    for (size_t r = 0; r < rows; ++r, piece += a_stride, out += kPieceBytes) {
      for (size_t j = 0; j < k; j += hn::Lanes(Bytes())) {
        hn::Store(Flip(LoadFirst(Bytes(), piece + j, k - j)), Bytes(), out + j);
      }
    }
#endif
  }

 private:
  static constexpr size_t kPieceBytes = 64;
  using Bytes = hn::CappedTag<uint8_t, 64>;

  static HWY_INLINE hn::Vec<Bytes> Flip(hn::Vec<Bytes> v) {
    return kFlip != 0 ? hn::Xor(v, hn::Set(Bytes(), kFlip)) : v;
  }

  // One piece of each row, two rows at a time (16 x 16 x 16 takes 3 % less time).
  template <class Load>
  static HWY_INLINE void ForRows(const uint8_t* from, size_t stride, size_t rows, uint8_t* HWY_RESTRICT out,
                                 const Load& load) {
    const auto row = [&load](const uint8_t* row_from, uint8_t* row_out) {
      for (size_t j = 0; j < kPieceBytes; j += hn::Lanes(Bytes())) {
        hn::Store(Flip(load(Bytes(), row_from + j)), Bytes(), row_out + j);
      }
    };
    // Where compilers know the most rows there may be, they write all steps out, and spill.
#pragma GCC unroll 1
    for (; rows >= 2; rows -= 2, from += 2 * stride, out += 2 * kPieceBytes) {
      row(from, out);
      row(from + stride, out + kPieceBytes);
    }
    if (rows != 0) row(from, out);
  }
};

// Where Tile is with TileArgs::next.
struct NextRows {
  HWY_INLINE explicit NextRows(const RowsToArrange& rows) : from(rows.from), to(rows.to) {}

  // A piece of each row.
  HWY_INLINE void ArrangePiece(const RowsToArrange& rows, bool last) {
    constexpr size_t kPieceBytes = 64, kAhead = 4 * kPieceBytes;
    const hn::CappedTag<uint8_t, kPieceBytes> d;
    const auto first = hn::FirstN(d, last ? rows.last_bytes : kPieceBytes);
    const auto flip = hn::Set(d, rows.flip);
    const uint8_t* row = from;
#pragma GCC unroll 1
    for (size_t left = rows.rows; left != 0; --left, row += rows.stride, to += kPieceBytes) {
      hwy::Prefetch(row + kAhead);
      hn::Store(hn::Xor(hn::MaskedLoad(first, d, row), flip), d, to);
    }
    from += kPieceBytes;
  }

  const uint8_t* from;
  uint8_t* to;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86
#endif  // per-target include guard
