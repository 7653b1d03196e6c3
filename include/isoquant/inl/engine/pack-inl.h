// Engine: packs plain weights into panels, both orders, and sums up the columns of integers in the same pass.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PACK_INL_H_
#undef ISOQUANT_INL_ENGINE_PACK_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PACK_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/element_type.h"
#include "isoquant/inl/engine/plain_b.h"
#include "isoquant/inl/isa/transpose-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The type of elements in panels of type B. (u8 lie there as s8, see weights.h.)
template <class B>
using InPanels = std::conditional_t<std::is_same<B, uint8_t>::value, int8_t, B>;

namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kLine = PackedPanels::kColumns * PackedPanels::kGroup;  // bytes of a group of one panel

// Panels [begin, end), and where they and the sums of their columns go.
template <class B>
struct PackRange {
  size_t begin, end;
  B* panels;       // of panel `begin`
  uint32_t* sums;  // of its first column; null for floats, which have none
  PlainB from = PlainB::kCached;
  int8_t flip = 0;  // -128, the bits 0x80, for u8: bytes are packed ^ flip
};

// ---- K x N: a strip of rows at a time, in it some panels at a time. No prefetcher of the hardware follows so many
// rows, so that lines are asked for which are packed some panels later, in the same strip or below it; in cache that
// costs 5 %.
//
// From L2, or near it, strips are long: panels are written in runs of a page or more. (K = N = 4096 out of memory,
// Granite Rapids, next lines of each row fetched: 33 % of the rate of a memcpy with strips of 64 rows, 80 with 256.)
template <class B>
constexpr size_t kStripRows = sizeof(B) == 1 ? 256 : 64;
static_assert(kStripRows<int8_t> / PackedPanels::kGroup <= kMaxRepetitions, "exact sums");
// From far away they are short, and as wide as so many panels: rows that are a multiple of 4 KiB apart share a set of
// L1 and few sets of L2, from which long strips push out what was just fetched. (Bare loop, 512 columns of 512 rows at
// a time, Zen 5: K = 4096 of s8 out of L3 25 to 27 GB/s where N = 4096, 12 with 128 columns of all rows in long strips;
// N = 3008 40 and 31.)
template <class B>
constexpr size_t kFarStripRows = 16 / sizeof(B);
constexpr size_t kFarPanels = 32, kFarPanelsAhead = 16;

// Panels that are packed at a time.
template <class B>
constexpr size_t kMaxPanels = sizeof(B) != 1 || kHasLines ? 4 : kMaxBlocks;

// Rows of K x N whose elements of a column are neighbours in panels.
template <class B>
constexpr size_t kGroupRows = 4 / sizeof(B);

// `groups` groups of rows of kPanels panels. In each row lines are fetched that are `ahead` elements further on, unless
// that is 0.
template <size_t kPanels>
void PackGroups(const int8_t* from, size_t row_stride, size_t ahead, size_t groups, int8_t* to, size_t panel_size,
                uint32_t* sums, int8_t flip) {
  if constexpr (kPanels == 4) {
    TransposeLines<int8_t>(
        {from, PackedPanels::kColumns, row_stride, 4 * row_stride, ahead, to, panel_size, kLine, groups, sums, flip});
  } else {
    Transpose<int8_t, kPanels>(
        {from, row_stride, 4 * row_stride, ahead, to, panel_size, kLine / 4, kLine, groups, sums, flip});
  }
}

// Elements of four bytes are copied, those of two interleaved. Bits, those of a NaN too.
template <size_t kPanels, class B>
HWY_NOINLINE void PackGroups(const B* from, size_t row_stride, size_t ahead, size_t groups, B* to, size_t panel_size,
                             uint32_t* /*sums*/, int8_t /*flip*/) {
  using Bits = std::conditional_t<sizeof(B) == 4, uint32_t, uint16_t>;
  constexpr size_t kColumns = PackedPanels::kColumns, kRows = kGroupRows<B>;
  const hn::CappedTag<Bits, kColumns> d;
  for (; groups != 0; --groups, from += kRows * row_stride, to += kRows * kColumns) {
    const Bits* const HWY_RESTRICT row = reinterpret_cast<const Bits*>(from);
    Bits* HWY_RESTRICT panel = reinterpret_cast<Bits*>(to);
    if (ahead != 0) {
      for (size_t r = 0; r < kRows; ++r) {
        for (size_t col = 0; col < kPanels * kColumns; col += kLine / sizeof(B)) {
          hwy::Prefetch(row + r * row_stride + ahead + col);
        }
      }
    }
    for (size_t i = 0; i < kPanels; ++i, panel += panel_size) {
      for (size_t col = 0; col < kColumns; col += hn::Lanes(d)) {
        const auto v = hn::LoadU(d, row + i * kColumns + col);
        if constexpr (kRows == 1) {
          hn::StoreU(v, d, panel + col);
        } else {
          hn::StoreInterleaved2(v, hn::LoadU(d, row + row_stride + i * kColumns + col), d, panel + 2 * col);
        }
      }
    }
  }
}

// `rows` <= kStripRows<B> rows of kPanels panels from panel `p` on, the last group filled up with what becomes zeros.
template <size_t kPanels, class B>
HWY_INLINE void PackStrip(const MatrixView<const B>& v, size_t k, size_t rows, size_t p, size_t ahead,
                          const PackRange<B>& out) {
  constexpr size_t kColumns = kPanels * PackedPanels::kColumns, kRows = kGroupRows<B>;
  const size_t col = p * PackedPanels::kColumns;
  const size_t panel_size = PackedPanels::PanelBytes(v.rows, kElementType<B>) / sizeof(B);
  const size_t cols = HWY_MIN(v.cols - col, kColumns);
  B* const to = out.panels + (p - out.begin) * panel_size + k * PackedPanels::kColumns;
  uint32_t* const sums = IsInteger(kElementType<B>) ? out.sums + (p - out.begin) * PackedPanels::kColumns : nullptr;
  const size_t groups = cols == kColumns ? rows / kRows : 0;
  if (groups != 0) PackGroups<kPanels>(v.Row(k) + col, v.row_stride, ahead, groups, to, panel_size, sums, out.flip);
  // A group or a panel that is not whole: through rows filled up with what becomes zeros.
  for (size_t r = kRows * groups; r < rows; r += kRows) {
    HWY_ALIGN B filled[kRows][kColumns];
    std::memset(filled, out.flip, sizeof(filled));
    for (size_t i = 0; i < kRows && r + i < rows; ++i) std::memcpy(filled[i], v.Row(k + r + i) + col, cols * sizeof(B));
    PackGroups<kPanels>(filled[0], kColumns, 0, 1, to + r * PackedPanels::kColumns, panel_size, sums, out.flip);
  }
}

// Panels [begin, end). While a step's panels are packed, lines of the panels `panels_ahead` further on are fetched; 0:
// none are.
template <class B>
void PackInStrips(const MatrixView<const B>& v, size_t begin, size_t end, size_t strip_rows, size_t panels_ahead,
                  const PackRange<B>& out) {
  constexpr size_t kPanels = kMaxPanels<B>, kStep = kPanels * PackedPanels::kColumns;
  const size_t whole_end = HWY_MIN(end, v.cols / PackedPanels::kColumns);
  const size_t steps = whole_end <= begin ? 0 : (whole_end - begin) / kPanels, steps_ahead = panels_ahead / kPanels;
  // Below a strip: the next one, or where a strip has fewer steps than that, one further down.
  const bool is_wide = steps > steps_ahead;
  const size_t below = (is_wide ? 1 : steps_ahead / HWY_MAX(steps, 1)) * strip_rows;
  const bool fetches_below = steps_ahead != 0 && v.row_stride >= v.cols;  // rows may overlap
  const size_t ahead_in_strip = steps_ahead * kStep;
  const size_t ahead_below = below * v.row_stride - (is_wide ? (steps - steps_ahead) * kStep : 0);
  for (size_t k = 0; k < v.rows; k += strip_rows) {
    const size_t rows = HWY_MIN(v.rows - k, strip_rows);
    const size_t last_ahead = fetches_below && k + below + strip_rows <= v.rows ? ahead_below : 0;
    size_t p = begin;
    for (size_t i = 0; i < steps; ++i, p += kPanels) {
      PackStrip<kPanels>(v, k, rows, p, i + steps_ahead < steps ? ahead_in_strip : last_ahead, out);
    }
    for (; p < end; ++p) PackStrip<1>(v, k, rows, p, 0, out);
  }
}

template <class B>
void PackKxN(const MatrixView<const B>& v, const PackRange<B>& out) {
  if (out.from != PlainB::kFar) {
    const size_t panels_ahead = out.from == PlainB::kCached ? 0 : kMaxPanels<B>;
    return PackInStrips(v, out.begin, out.end, kStripRows<B>, panels_ahead, out);
  }
  for (size_t begin = out.begin; begin < out.end; begin += kFarPanels) {
    PackInStrips(v, begin, HWY_MIN(begin + kFarPanels, out.end), kFarStripRows<B>, kFarPanelsAhead, out);
  }
}

// ---- N x K: the 16 rows of a panel, run by run of K; where vectors are shorter than lines, four rows at a time. A
// run's lines stay in L1 until all four quarters are written.
constexpr size_t kRunBlocks = 64;
static_assert(kRunBlocks % kMaxBlocks == 0 && kRunBlocks <= kMaxRepetitions, "whole vectors, exact sums");

// Blocks of 16 bytes of 16 rows at `from`: `blocks` of them, a multiple of kBlocks.
template <size_t kBlocks, bool kLines = kHasLines>
void PackRun(const int8_t* from, size_t row_stride, size_t blocks, int8_t* to, uint32_t* sums, int8_t flip) {
  if constexpr (kLines) {
    TransposeLines<int32_t>({from, row_stride, 4 * row_stride, 16, 0, to, kLine, 4 * kLine, blocks, sums, flip});
  } else {
    for (size_t q = 0; q < 4; ++q) {
      Transpose<int32_t, kBlocks>({from + 4 * q * row_stride, row_stride, kBlocks * 16, 0, to + 16 * q, 4 * kLine,
                                   kLine, kBlocks * 4 * kLine, blocks / kBlocks, sums + 4 * q, flip});
    }
  }
}

// Panel `p`.
inline void PackPanel(const MatrixView<const int8_t>& v, size_t p, const PackRange<int8_t>& out) {
  constexpr size_t kRun = kRunBlocks * 16, kBlock = 16;
  const size_t col = p * PackedPanels::kColumns, k = v.cols;
  const size_t cols = HWY_MIN(v.rows - col, PackedPanels::kColumns);
  int8_t* to = out.panels + (p - out.begin) * PackedPanels::PanelBytes(k);
  uint32_t* sums = out.sums + (p - out.begin) * PackedPanels::kColumns;
  size_t done = 0;
  if (cols == PackedPanels::kColumns) {
    for (; done + kRun <= k; done += kRun) {
      PackRun<kMaxBlocks>(v.Row(col) + done, v.row_stride, kRunBlocks, to + done * 16, sums, out.flip);
    }
    const size_t blocks = (k - done) / kBlock;
    if (blocks != 0) PackRun<1>(v.Row(col) + done, v.row_stride, blocks, to + done * 16, sums, out.flip);
    done += blocks * kBlock;
  }
  // A block or a panel that is not whole: through rows filled up with what becomes zeros, to lines of which the last
  // may be too many.
  for (; done < k; done += kBlock) {
    HWY_ALIGN int8_t filled[PackedPanels::kColumns][kBlock];
    std::memset(filled, out.flip, sizeof(filled));
    HWY_ALIGN int8_t lines[4 * kLine];
    const size_t size = HWY_MIN(k - done, kBlock);
    for (size_t i = 0; i < cols; ++i) std::memcpy(filled[i], v.Row(col + i) + done, size);
    PackRun<1>(filled[0], kBlock, 1, lines, sums, out.flip);
    std::memcpy(to + done * 16, lines, PackedPanels::PanelBytes(size));
  }
}

inline void PackNxK(const MatrixView<const int8_t>& v, const PackRange<int8_t>& out) {
  for (size_t p = out.begin; p < out.end; ++p) PackPanel(v, p, out);
}

// Elements of two or four bytes, which have no sums: as bytes, because a group is four bytes of them, too.
template <class B>
void PackNxK(const MatrixView<const B>& v, const PackRange<B>& out) {
  const MatrixView<const int8_t> bytes(reinterpret_cast<const int8_t*>(v.data), v.rows, v.cols * sizeof(B),
                                       v.row_stride * sizeof(B));
  int8_t* to = reinterpret_cast<int8_t*>(out.panels);
  for (size_t p = out.begin; p < out.end; ++p, to += PackedPanels::PanelBytes(bytes.cols)) {
    uint32_t unused[PackedPanels::kColumns] = {};
    PackPanel(bytes, p, {p, p + 1, to, unused});
  }
}

// Rows k of plain B, which is of type B, or of u8 if B is int8_t. Sums of columns past N are zeros.
template <class B>
void PackPanels(const WeightsRef& b, Part k, PackRange<B> out) {
  const MatrixView<const B> v = b.plain().As<B>();
  if constexpr (IsInteger(kElementType<B>)) {
    std::memset(out.sums, 0, (out.end - out.begin) * PackedPanels::kColumns * sizeof(*out.sums));
  }
  out.flip = static_cast<int8_t>(-PackedPanels::OffsetOf(b.type()));
  if (b.transposed()) {
    PackNxK(MatrixView<const B>(v.data + k.begin, v.rows, k.size, v.row_stride), out);
  } else {
    PackKxN(MatrixView<const B>(v.data + k.begin * v.row_stride, k.size, v.cols, v.row_stride), out);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
